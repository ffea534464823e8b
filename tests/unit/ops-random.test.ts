// Random ops: kernels draw what the reference draws, streams are told apart, and dropout's backward pass repeats its mask.
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { draw } from "../../packages/engine/src/ops/randomStream.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { traceFunction } from "../../packages/engine/src/trace.js";
import { BUILDS, closeBackends, wasmBackend } from "../support/wasm-executor.js";

afterAll(closeBackends);

/** The seed under which the wasm executor runs. */
const KEY = { seed: 7, step: 0 };

async function run(f: () => Tensor[], build: (typeof BUILDS)[number] = "baseline"): Promise<Float64Array[]> {
  const { graph, result } = traceFunction({}, f);
  const outputs = new Map(result.map((tensor, i) => [`${i}`, tensor]));
  const executable = await WasmExecutable.compile((await wasmBackend(build)).runtime, {
    graph,
    outputs,
    leaves: new Map(),
    seed: KEY.seed,
    maxima: new Map(),
  });
  try {
    executable.runSync();
    return result.map((_, i) => Float64Array.from(executable.read(`${i}`)));
  } finally {
    executable.close();
  }
}

/** Whole arrays at once: a failing comparison of thousands of elements takes seconds to print. */
function equalArrays(a: Float64Array | undefined, b: Float64Array): boolean {
  return a?.length === b.length && a.every((v, i) => v === b[i]);
}

describe.each(BUILDS)("%s", (build) => {
  test.each(["f32", "f64"] as const)("uniform and normal of %s", async (dtype) => {
    const [u, n, second] = await run(
      () => [ops.uniform([5, 257], { dtype }), ops.normal([1031], { dtype }), ops.uniform([33], { dtype })],
      build,
    );
    expect(equalArrays(u, draw("uniform", dtype, 5 * 257, 0, KEY))).toBe(true);
    expect(equalArrays(n, draw("normal", dtype, 1031, 1, KEY))).toBe(true);
    expect(equalArrays(second, draw("uniform", dtype, 33, 2, KEY))).toBe(true);
  });

  test.each(["f32", "f64"] as const)("dropout of %s keeps the mean and repeats its mask", async (dtype) => {
    const [y, dx, other] = (await run(() => {
      const x = ops.full([100, 100], 2, dtype);
      const dropped = ops.dropout(x, { rate: 0.25 });
      return [dropped, ...gradients(ops.sum(dropped), [x]), ops.dropout(x, { rate: 0.25 })];
    }, build)) as [Float64Array, Float64Array, Float64Array];
    const kept = draw("uniform", dtype, 10000, 0, KEY).map((u) => Number(u >= 0.25));
    const factor = dtype === "f32" ? Math.fround(2 / 0.75) : 2 / 0.75;
    expect(
      equalArrays(
        y,
        kept.map((k) => (k === 1 ? factor : 0)),
      ),
    ).toBe(true);
    expect([...dx].every((v, i) => (v !== 0) === (kept[i] === 1))).toBe(true);
    expect(Math.abs(y.reduce((sum, v) => sum + v, 0) / 10000 - 2)).toBeLessThan(0.05);
    expect(equalArrays(other, y)).toBe(false);
  });
});

test("distributions are scaled and checked", async () => {
  const [u, n] = (await run(() => [ops.uniform([4000], { low: -3, high: 5 }), ops.normal([4000], { mean: 10, sd: 0.5 })])) as [
    Float64Array,
    Float64Array,
  ];
  expect(u.every((v) => v >= -3 && v < 5)).toBe(true);
  const mean = n.reduce((sum, v) => sum + v, 0) / n.length;
  expect(Math.abs(mean - 10)).toBeLessThan(0.05);
  expect(Math.abs(Math.sqrt(n.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n.length) - 0.5)).toBeLessThan(0.03);
  const dropped = (rate: number) => () => traceFunction({ x: { shape: [3], dtype: "f32" } }, ({ x }) => ops.dropout(x as Tensor, { rate }));
  expect(dropped(1)).toThrow(/rate must lie in 0 ≤ rate < 1/);
  expect(dropped(NaN)).toThrow(/ARGUMENT|rate/);
  expect(dropped(0)().graph.nodes.length).toBe(0);
});
