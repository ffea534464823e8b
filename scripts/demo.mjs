// `npm run demo`: sets up what is missing, then runs the demonstration of the command-line program. Arguments are passed on.
import { join } from "node:path";
import { run, SetUpError, setUp } from "./setup.mjs";

try {
  const node = await setUp();
  process.exitCode = await run(node, [join("packages", "cli", "dist", "bin.js"), "demo", ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
