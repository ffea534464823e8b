// What the closing line counts, and that a missing requirement is skipped by name on a user's machine and fails in CI.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/root.js";

const folder = join(root, "tests", "support", "fixtures", "closing-line");

/** Runs the fixtures with a fresh environment; stdout with its last line apart. */
function run(env: Record<string, string>): { text: string; lastLine: string } {
  const { CI: _ci, TETRAD_WITHOUT: _without, TETRAD_TEST_COUNTS: _counts, ...inherited } = process.env;
  const args = [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--config", join(folder, "vitest.config.ts"), "--root", folder];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env: { ...inherited, NO_COLOR: "1", ...env } });
  return { text: stdout, lastLine: stdout.trimEnd().split("\n").at(-1) ?? "" };
}

test("a user's machine skips what it lacks, with reasons", () => {
  const { text, lastLine } = run({});
  expect(lastLine).toBe("1 passed, 2 failed, 4 skipped");
  expect(text).toContain("skipped: needs ../shared\n  mixed.ts › needs a file\n  mixed.ts › a suite with files > all of it");
  expect(text).toMatch(/skipped: needs python3? with tetrad_no_such_package; install with: python3? -m pip install tetrad_no_such_package/);
});

test("CI fails on what it lacks", () => {
  expect(run({ CI: "true" }).lastLine).toBe("1 passed, 6 failed");
});

test("CI may be known to lack something", () => {
  expect(run({ CI: "true", TETRAD_WITHOUT: "shared" }).lastLine).toBe("1 passed, 4 failed, 2 skipped");
});
