/** Several batches that make one step: the step of all their rows at once. */
import {
  adamw,
  dropout,
  type EngineOptions,
  type FloatDType,
  matmul,
  mean,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";

const ROWS = 6;
const value = (i: number) => Math.sin(1.7 * i + 0.3);
const x = Float64Array.from({ length: ROWS * 5 }, (_, i) => value(i));
const y = Float64Array.from({ length: ROWS * 3 }, (_, i) => value(i + 100));

/** Three steps on rows in batches of these sizes: each step sees all rows once. */
async function trained(options: EngineOptions, dtype: FloatDType, sizes: readonly number[]) {
  const engine = await openEngine(options);
  try {
    const store = engine.store({ a: [5, 7], b: [7, 3], c: [3] }, { dtype, seed: 4 });
    const batch = Math.max(...sizes);
    const program = await engine.compile(
      store,
      {
        x: { shape: [batch, 5], dtype, bounded: "rows" },
        y: { shape: [batch, 3], dtype, bounded: "rows" },
        share: { shape: [], dtype },
      },
      ({ a, b }, { x: rows, y: target, share }) => {
        const error = sub(matmul(tanh(matmul(rows as Tensor, a as Tensor)), b as Tensor), target as Tensor);
        return mul(mean(square(error)), share as Tensor);
      },
      { optimizer: adamw({ lr: 0.05, weightDecay: 0.1, clipNorm: 0.2 }), accumulation: sizes.length - 1 },
    );
    const losses: number[] = [];
    for (let step = 0; step < 3; step++) {
      let [first, loss] = [0, 0];
      for (const [i, size] of sizes.entries()) {
        const feeds = { x: x.subarray(first * 5, (first + size) * 5), y: y.subarray(first * 3, (first + size) * 3), share: size / ROWS };
        loss += (await (i + 1 < sizes.length ? program.accumulate(feeds) : program.step(feeds))).loss;
        first += size;
      }
      losses.push(loss);
    }
    expect(program.steps).toBe(3);
    await store.pull();
    return [...losses, ...store.get("a"), ...store.get("b"), ...store.get("c")];
  } finally {
    await engine.close();
  }
}

describe.each([
  ["reference", { backend: "reference" }, "f64", 1e-12],
  ["wasm", { backend: "wasm", threads: 2 }, "f32", 2e-6],
  ["webgpu", { backend: "webgpu" }, "f32", 2e-6],
] as const)("%s", (_, options, dtype, tolerance) => {
  test.each([[[3, 3]], [[1, 2, 3]], [[1, 1, 1, 1, 1, 1]]])("batches of %j rows", async (sizes) => {
    const whole = await trained(options, dtype, [ROWS]);
    expect(largestError(await trained(options, dtype, sizes), whole)).toBeLessThan(tolerance);
  });
});

test("each batch of a step drops other elements, the same ones in every run", async () => {
  const engine = await openEngine({ backend: "wasm" });
  const store = engine.store({ w: { shape: [64], init: "ones" } });
  const run = async () => {
    const program = await engine.compile(
      store,
      { x: [64] },
      ({ w }, { x: row }) => sum(dropout(mul(w as Tensor, row as Tensor), { rate: 0.5 })),
      {
        optimizer: adamw({ lr: 0 }),
        accumulation: 2,
      },
    );
    // A power of two of its own for each element: the sum says which are left.
    const powers = Float32Array.from({ length: 64 }, (__, i) => (i < 20 ? 2 ** i : 0));
    const losses: number[] = [];
    for (const call of ["accumulate", "accumulate", "step", "accumulate", "step"] as const)
      losses.push((await program[call]({ x: powers })).loss);
    program.close();
    engine.releaseOptimizerState(store);
    return losses;
  };
  const losses = await run();
  expect(new Set(losses).size).toBe(5);
  expect(await run()).toEqual(losses);
  await engine.close();
});

test("a parameter whose rate has the factor 0 stands still, and keeps its moments for when it has not", async () => {
  const engine = await openEngine({ backend: "wasm" });
  const store = engine.store({ a: { shape: [3], init: "ones" }, b: { shape: [3], init: "ones" } });
  const step = async (scale: number) => {
    const program = await engine.compile(
      store,
      { x: [3] },
      ({ a, b }, { x: row }) => sum(mul(mul(a as Tensor, b as Tensor), row as Tensor)),
      {
        optimizer: adamw({ lr: 0.1, weightDecay: 0.5, decays: () => true, lrScale: (name) => (name === "a" ? scale : 1) }),
      },
    );
    await program.step({ x: [1, 2, 3] });
    program.close();
  };
  await step(0);
  expect([...store.get("a")]).toEqual([1, 1, 1]);
  const { segments } = await engine.trainingState(store);
  // Adam's first moment: that of a, then that of b
  expect([...(segments[1] as Float32Array).subarray(0, 3)]).toEqual([0, 0, 0]);
  await step(1);
  expect(store.get("a")[0]).toBeLessThan(1);
  expect((await engine.trainingState(store)).step).toBe(2);
  await engine.close();
});

test("what was compiled to step only does not accumulate, nor one batch too many", async () => {
  const engine = await openEngine({ backend: "wasm" });
  const program = await engine.compile(engine.store({ w: [3] }), { x: [3] }, ({ w }, { x: row }) => sum(mul(w as Tensor, row as Tensor)), {
    optimizer: adamw(),
  });
  await expect(program.accumulate({ x: [1, 2, 3] })).rejects.toThrow(/takes no more batches/);
  await engine.close();
});
