// Formatter, linter and type checker over everything, the tests and scripts included: what `npm run lint` and `npm run typecheck` would say.
import { join } from "node:path";
import { test } from "vitest";
import { execute } from "../support/pack.js";
import { root } from "../support/root.js";

test("npm run lint", () => {
  execute(process.execPath, [join(root, "node_modules", "@biomejs", "biome", "bin", "biome"), "check", "--max-diagnostics=20", "."], root);
});

test("tests and scripts have no type errors", () => {
  execute(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tests"], root);
});
