// Counts what a run did and lists every skipped test with its reason. scripts/test.mjs prints the closing line from the counts, after everything
// else has been written, so that the last line is really the last.
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0;
    let failed = unhandled.length;
    const skips = new Map<string, string[]>(); // reason → tests
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") passed++;
        else if (result.state === "failed") failedHere++;
        else {
          const reason = ("note" in result && result.note) || "skipped in the source, without a reason";
          const names = skips.get(reason) ?? [];
          names.push(`${module.relativeModuleId} › ${test.fullName}`);
          skips.set(reason, names);
        }
      }
      // a file that cannot be loaded, or a hook that throws, fails without any failing test
      failed += failedHere === 0 && !module.ok() ? 1 : failedHere;
    }
    const skipped = [...skips.values()].reduce((n, names) => n + names.length, 0);
    for (const [reason, names] of skips) {
      console.log(`\n${reason}`);
      for (const name of names) console.log(`  ${name}`);
    }
    const file = process.env["TETRAD_TEST_COUNTS"];
    if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped }));
    else console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
  }
}
