// Every op that PyTorch has values for, forward and every input's gradient, on the float64 references.
import { expect, test } from "vitest";
import { referenceExecutor } from "../support/ops-cases.js";
import { goldenError, goldenFunction, readGoldenIndex, runGolden, TABLE } from "../support/ops-golden.js";
import { describeShared } from "../support/shared.js";

const FORWARD = 1e-12;
const GRADIENT = 1e-11;

describeShared("goldens of single ops", "golden/ops", (folder) => {
  const cases = readGoldenIndex(folder);

  test("the table names exactly the goldens' ops", () => {
    expect(TABLE).toEqual([...new Set(cases.map(({ op }) => op))].sort());
  });

  for (const golden of cases) {
    const f = goldenFunction(golden.op);
    if (f === undefined) continue; // the test of the table names it
    test(`${golden.op}.${golden.case}`, async () => {
      const comparisons = await runGolden(folder, golden, f, referenceExecutor, "f64");
      expect(comparisons.length).toBeGreaterThan(0);
      for (const comparison of comparisons) {
        expect(goldenError(comparison), comparison.name).toBeLessThanOrEqual(comparison.name.startsWith("din.") ? GRADIENT : FORWARD);
      }
    });
  }
});
