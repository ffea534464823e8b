#!/usr/bin/env node
// `npx tetrad …` inside a clone: sets up what is missing, then hands over to the command-line program of packages/cli.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run, SetUpError, setUp } from "./setup.mjs";

const program = join(root, "packages", "cli", "dist", "bin.js");
try {
  // a build that is there is trusted: this command must start at once, and `npm run build` is for those who edit sources
  const node = await setUp({ build: !existsSync(program), verbose: false });
  process.exitCode = await run(node, [program, ...process.argv.slice(2)], { cwd: process.cwd() });
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
