// `npm test`: sets up what is missing, runs every test and closes with `N passed, N failed` (and `, N skipped`) as the very last line.
// Arguments go to vitest: `npm test -- --project unit shapes`.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";
import { run, SetUpError, setUp } from "./setup.mjs";

const folder = mkdtempSync(join(tmpdir(), "tetrad-test-"));
const file = join(folder, "counts.json"); // written by tests/support/reporter.ts
let counts = { passed: 0, failed: 0, skipped: 0 };
try {
  const node = await setUp();
  await ensureChromium();
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  const plain = process.stdout.isTTY || process.env.FORCE_COLOR ? {} : { NO_COLOR: "1" }; // vitest colours pipes and files too
  const code = await run(node, [vitest, "run", ...process.argv.slice(2)], { env: { TETRAD_TEST_COUNTS: file, ...plain } });
  try {
    counts = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    console.error(`The tests ended with exit code ${code} before they could be counted.`);
    counts.failed = 1;
  }
  if (code !== 0 && counts.failed === 0) {
    console.error(`The test runner ended with exit code ${code} although no test failed.`);
    counts.failed = 1;
  }
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  counts.failed = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
