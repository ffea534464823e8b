// The one door to ../shared: reference data and goldens that lie beside the repository on the project's machines and nowhere else.
// CI (CI=true) has them, so there a missing file is a failure; on a user's machine the tests that need them are skipped by name.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe } from "vitest";
import { missing, missingSuite } from "./missing.js";
import { root } from "./root.js";

const folder = resolve(root, "../shared");

const reason = "needs ../shared";

/** True where ../shared/`relative` exists. Prefer `describeShared` and `sharedPath`, which know when absence is a failure. */
export function hasShared(relative = "."): boolean {
  return existsSync(resolve(folder, relative));
}

/**
 * Absolute path of ../shared/`relative`, to be called inside a test or hook. Where it is absent: fails in CI, otherwise skips the running test.
 * Code that reads shared files while tests are being collected belongs in `describeShared`.
 */
export function sharedPath(relative: string): string {
  const path = resolve(folder, relative);
  return existsSync(path) ? path : missing("shared", reason);
}

/**
 * `describe` for suites that read ../shared/`relative` already while being collected; `body` gets its absolute path and is not run where it is absent.
 * Then the suite counts as one failed test in CI and as one skipped test elsewhere.
 */
export function describeShared(name: string, relative: string, body: (path: string) => void): void {
  const path = resolve(folder, relative);
  if (existsSync(path)) describe(name, () => body(path));
  else missingSuite(name, "shared", reason);
}
