// What a test does when something it needs is not on this machine: fail in CI, where everything must be there, skip with a reason elsewhere.
import { describe, TestRunner, test } from "vitest";

/** What may be missing. A CI that is known to lack one says so: TETRAD_WITHOUT=shared,python. */
export type Requirement = "shared" | "python" | "node20" | "fashion-mnist" | "chromium" | "webgpu";

/** CI=true means: everything a test needs must be there. A person's shell does not set it. */
function mustHave(requirement: Requirement): boolean {
  return process.env["CI"] === "true" && !(process.env["TETRAD_WITHOUT"] ?? "").split(",").includes(requirement);
}

/** Ends the running test: fails in CI, else skips with `reason`. Throws a plain error where no test is running, since nothing could be skipped. */
export function missing(requirement: Requirement, reason: string): never {
  if (mustHave(requirement)) throw new Error(`must not be missing where CI=true: this test ${reason}`);
  const running = TestRunner.getCurrentTest();
  if (!running) throw new Error(`${reason} (called outside a running test, where nothing can be skipped; use the describe… form)`);
  return running.context.skip(`skipped: ${reason}`);
}

/** A suite whose requirement is missing while tests are being collected: one test that fails in CI or is skipped with `reason`. */
export function missingSuite(name: string, requirement: Requirement, reason: string): void {
  describe(name, () => {
    test("all of it", () => missing(requirement, reason));
  });
}
