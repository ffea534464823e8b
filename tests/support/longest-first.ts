/**
 * The files that take minutes begin first, so that none is left to one core at the end: a machine that never ran the tests knows no durations, and the
 * runner's own guess, the length of a file, ranks the longest of all, kernels/ops.test.ts of 19 lines, near the last.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Longest first, as measured on two cores. */
const LONG = [
  "kernels/ops.test.ts",
  "cli/guides.test.ts",
  "cli/language.test.ts",
  "browser/ops.test.ts",
  "browser/consumers.test.ts",
  "kernels/lab.test.ts",
  "models/optim-golden.test.ts",
  "cli/bad-input.test.ts",
  "cli/language-tasks.test.ts",
  "acceptance/pack-install.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
