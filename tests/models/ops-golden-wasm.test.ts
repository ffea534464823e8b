// The same values on the wasm kernels of both builds: f64 to rounding, f32 as near to the float64 truth as PyTorch's own f32 comes.
import { afterAll, expect, test } from "vitest";
import { errorOfLargest, goldenError, goldenFunction, readGoldenIndex, runGolden } from "../support/ops-golden.js";
import { describeShared } from "../support/shared.js";
import { BUILDS, closeBackends, runOnWasm } from "../support/wasm-executor.js";

const F64 = 1e-13;
/** Multiple of PyTorch's error that is granted, and the least: PyTorch happens to round some cases exactly. */
const F32_FACTOR = 3;
const F32_LEAST = 3e-7;

describeShared("goldens of single ops on wasm", "golden/ops", (folder) => {
  afterAll(closeBackends);
  for (const build of BUILDS) {
    for (const golden of readGoldenIndex(folder)) {
      const f = goldenFunction(golden.op);
      if (f === undefined) continue; // the test of the table names it
      test(`${build} ${golden.op}.${golden.case}`, async () => {
        for (const comparison of await runGolden(
          folder,
          golden,
          f,
          (graph, outputs, feeds) => runOnWasm(build, graph, outputs, feeds, [1]),
          "f64",
        )) {
          expect(goldenError(comparison), `f64 ${comparison.name}`).toBeLessThanOrEqual(F64);
        }
        for (const comparison of await runGolden(
          folder,
          golden,
          f,
          (graph, outputs, feeds) => runOnWasm(build, graph, outputs, feeds, [1]),
          "f32",
        )) {
          const allowed = Math.max(F32_LEAST, F32_FACTOR * (golden.f32_error[comparison.name] ?? 0));
          expect(errorOfLargest(comparison), `f32 ${comparison.name}`).toBeLessThanOrEqual(allowed);
        }
      });
    }
  }
});
