// `npm run bench`: sets up what is missing, then runs `tetrad bench`. Arguments are passed on: `npm run bench -- gemm --against tfjs,torch`.
import { join } from "node:path";
import { run, SetUpError, setUp } from "./setup.mjs";

try {
  const node = await setUp();
  process.exitCode = await run(node, [join("packages", "cli", "dist", "bin.js"), "bench", ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
