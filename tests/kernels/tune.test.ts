// Every variant of a kernel gives the same bits, through the words that tuning writes: products that reach all its paths, on 1 and 2 threads.
import { createEngine, type FunctionProgram, matmul, type Tensor } from "@tetrad/engine";
import { kernelVariants } from "@tetrad/kernels-wasm";
import { expect, test } from "vitest";
import type { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";

const SHAPES = [
  [7, 9, 5],
  [130, 70, 700],
  [64, 515, 300],
] as const;

test.each(SHAPES.flatMap((shape) => [1, 2].map((threads) => [...shape, threads] as const)))(
  "gemm %i × %i × %i on %i threads",
  async (m, n, k, threads) => {
    const engine = await createEngine({ backend: "wasm", threads });
    for (const transposeB of [false, true]) {
      const b = transposeB ? [n, k] : [k, n];
      const program: FunctionProgram = await engine.compileFunction(
        (inputs) => matmul(inputs["a"] as Tensor, inputs["b"] as Tensor, { transposeB }),
        { a: [m, k], b },
      );
      program.set({
        a: Float32Array.from({ length: m * k }, (_, i) => Math.sin(i)),
        b: Float32Array.from({ length: k * n }, (_, i) => Math.cos(i)),
      });
      const run = () => (program.callSync()["output"] as Float32Array).slice();
      const usual = run();
      const { executable } = program as unknown as { executable: WasmExecutable };
      for (const [variant, name] of kernelVariants.gemm.entries()) {
        executable.setVariant(0, variant);
        expect(program.choices()[0]?.variant).toBe(name);
        expect(run(), name).toEqual(usual);
      }
      const tuned = program.tune({ seconds: 0.05 });
      expect(run(), "as tuned").toEqual(usual);
      expect([...kernelVariants.gemm]).toContain(program.choices()[0]?.variant);
      expect(tuned.threads).toBeLessThanOrEqual(threads);
      program.close();
    }
    await engine.close();
  },
);
