// `npm run bench`: sets up what is missing, fetches the rivals that we measure ourselves against, then runs benchmarks/run.mjs. Arguments are passed on.
// Rivals have a package.json of their own outside the workspaces, because nobody who only trains or tests should have to download them.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run, SetUpError, setUp, systemPath } from "./setup.mjs";

const rivals = join(root, "benchmarks");
try {
  const node = await setUp();
  if (existsSync(join(rivals, "package.json")) && !existsSync(join(rivals, "node_modules"))) {
    console.error("▸ Installing the rivals of the benchmarks …");
    const options = { cwd: rivals, path: systemPath(), shell: process.platform === "win32" };
    const code = await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], options);
    if (code !== 0) throw new SetUpError(`Installing the rivals failed (exit code ${code}); see the messages above.`);
  }
  process.exitCode = await run(node, [join("benchmarks", "run.mjs"), ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
