// `npm run clean`: back to the state of a fresh clone with its dependencies installed.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const packages = readdirSync(join(root, "packages"));
const made = [
  ".turbo",
  ".size",
  "coverage",
  "docs/api",
  "demo-output",
  "packages/bench/peers/node_modules",
  "packages/bench/peers/llama/node_modules",
];
for (const name of packages) made.push(`packages/${name}/dist`, `packages/${name}/src/generated`, `packages/${name}/.turbo`);
for (const path of made) rmSync(join(root, path), { recursive: true, force: true });
