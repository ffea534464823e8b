// The linear cross-entropy gives what crossEntropy of a linear layer's logits gives, forward and backward, and its plan has no room for whole logits.
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { FloatDType } from "../../packages/engine/src/dtype.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import { linear } from "../../packages/engine/src/nn/linear.js";
import { crossEntropy, type LinearCrossEntropyOptions, linearCrossEntropy, mul, sum } from "../../packages/engine/src/ops/index.js";
import { makePlan } from "../../packages/engine/src/plan/make.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { traceFunction } from "../../packages/engine/src/trace.js";
import { randoms } from "../support/ops-cases.js";
import { BUILDS, closeBackends, runOnWasm } from "../support/wasm-executor.js";

afterAll(closeBackends);

type Loss = (x: Tensor, w: Tensor, labels: Tensor, bias: Tensor) => Tensor;

function trace(loss: Loss, t: number, c: number, v: number, dtype: FloatDType) {
  return traceFunction(
    { x: { shape: [t, c], dtype }, w: { shape: [v, c], dtype }, labels: { shape: [t], dtype: "i32" }, bias: { shape: [v], dtype } },
    ({ x, w, labels, bias }) => {
      const y = loss(x as Tensor, w as Tensor, labels as Tensor, bias as Tensor);
      return [y, ...gradients(y, [x, w, bias] as Tensor[])];
    },
  );
}

const fused =
  (options: LinearCrossEntropyOptions): Loss =>
  (x, w, labels, bias) =>
    linearCrossEntropy(x, w, labels, { bias, ...options });
const whole =
  (options: LinearCrossEntropyOptions): Loss =>
  (x, w, labels, bias) =>
    crossEntropy(linear(x, w, bias), labels, options);
/** Rows of unlike weight. */
const weighted =
  (loss: (options: LinearCrossEntropyOptions) => Loss): Loss =>
  (x, w, labels, bias) => {
    const rows = loss({ reduction: "none" })(x, w, labels, bias);
    return sum(mul(rows, rows));
  };

const [T, C, V] = [70, 24, 301];
const next = randoms(8);
const data: Readonly<Record<string, NdArray>> = {
  x: ndFrom(
    [T, C],
    "f32",
    Float32Array.from({ length: T * C }, () => 4 * next() - 2),
  ),
  w: ndFrom(
    [V, C],
    "f32",
    Float32Array.from({ length: V * C }, () => 2 * next() - 1),
  ),
  labels: ndFrom(
    [T],
    "i32",
    Array.from({ length: T }, (_, i) => (i % 9 === 4 ? -100 : Math.floor(V * next()))),
  ),
  bias: ndFrom(
    [V],
    "f32",
    Float32Array.from({ length: V }, () => 2 * next() - 1),
  ),
};

describe.each(BUILDS)("%s", (build) => {
  test.each([
    ["mean", fused({}), whole({})],
    ["small tiles", fused({ chunk: { rows: 16, words: 40 } }), whole({})],
    [
      "smoothing, sum",
      fused({ labelSmoothing: 0.1, reduction: "sum", chunk: { words: 64 } }),
      whole({ labelSmoothing: 0.1, reduction: "sum" }),
    ],
    ["rows of unlike weight", weighted((o) => fused({ ...o, chunk: { rows: 32, words: 100 } })), weighted(whole)],
  ] as const)("%s", async (_, mine, other) => {
    for (const [float, tolerance] of [
      ["f64", 1e-13],
      // 24 products and sums over 70 rows or 301 words, each rounded to 2^-24.
      ["f32", 2e-6],
    ] as const) {
      const expected = trace(other, T, C, V, "f64");
      const feeds = (graph: typeof expected.graph) => new Map([...graph.inputs].map(([name, tensor]) => [tensor, data[name] as NdArray]));
      const want = interpret(expected.graph, expected.result, feeds(expected.graph));
      const traced = trace(mine, T, C, V, float);
      const got = await runOnWasm(build, traced.graph, traced.result, feeds(traced.graph));
      want.forEach((array, i) => {
        const scale = array.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        array.data.forEach((e, k) => {
          expect(Math.abs((got[i]?.data[k] as number) - e), `${float} output ${i} element ${k}`).toBeLessThanOrEqual(tolerance * scale);
        });
      });
    }
  });

  test("NaN, infinities and bad labels pass through as in crossEntropy", async () => {
    const rows = 6;
    const x = Float32Array.from({ length: rows * C }, () => next());
    x[C] = NaN;
    x[2 * C] = Infinity;
    const bias = Float64Array.from({ length: V }, (_, i) => (i < 120 ? -Infinity : 0));
    const losses = traceFunction(
      {
        x: { shape: [rows, C], dtype: "f32" },
        w: { shape: [V, C], dtype: "f32" },
        labels: { shape: [rows], dtype: "i32" },
        bias: { shape: [V], dtype: "f32" },
      },
      ({ x: a, w, labels, bias: b }) => [
        fused({ reduction: "none", chunk: { words: 50 } })(a as Tensor, w as Tensor, labels as Tensor, b as Tensor),
        whole({ reduction: "none" })(a as Tensor, w as Tensor, labels as Tensor, b as Tensor),
      ],
    );
    const values = {
      x: ndFrom([rows, C], "f32", x),
      w: data["w"],
      labels: ndFrom([rows], "i32", [200, 201, 202, V, -100, 3]),
      bias: ndFrom([V], "f32", bias),
    };
    const feeds = new Map([...losses.graph.inputs].map(([name, tensor]) => [tensor, values[name as "x"] as NdArray]));
    const [mine, other] = await runOnWasm(build, losses.graph, losses.result, feeds);
    const kinds = (array: NdArray | undefined) => [...(array?.data ?? [])].map((v) => (Number.isFinite(v) ? "finite" : `${v}`));
    expect(kinds(mine)).toEqual(["finite", "NaN", "NaN", "NaN", "finite", "Infinity"]);
    expect(kinds(mine)).toEqual(kinds(other));
  });
});

test("logits never exist whole", () => {
  const arena = (loss: Loss, t: number, v: number) => {
    const { graph, result } = trace(loss, t, 64, v, "f32");
    return makePlan({ graph, outputs: new Map(result.map((tensor, i) => [`${i}`, tensor])) }).placement.bytes;
  };
  const tile = 256 * 2048 * 4;
  for (const [t, v] of [
    [1024, 8192],
    [4096, 49_152],
  ] as const) {
    // What has to be there: gradients of x, W and bias, a handful of numbers per row, and one tile.
    const gradientBytes = 4 * (t * 64 + v * 64 + v);
    expect(arena(fused({}), t, v)).toBeLessThan(gradientBytes + 40 * t + tile + 4096);
    expect(arena(whole({}), t, v)).toBeGreaterThan(4 * t * v);
  }
});

test("what does not fit is refused", () => {
  const refused = (f: (x: Tensor, w: Tensor, labels: Tensor) => Tensor, labels: readonly number[] = [4]) =>
    expect(() =>
      traceFunction(
        { x: { shape: [4, 3], dtype: "f32" }, w: { shape: [7, 3], dtype: "f32" }, labels: { shape: labels, dtype: "i32" } },
        ({ x, w, labels: l }) => f(x as Tensor, w as Tensor, l as Tensor),
      ),
    ).toThrow(TetradError);
  refused((x, w, l) => linearCrossEntropy(x, w, l, { labelSmoothing: 2 }));
  refused((x, w, l) => linearCrossEntropy(x, w, l, { chunk: { rows: 0 } }));
  refused((x, w, l) => linearCrossEntropy(w, x, l));
  refused((x, w, l) => linearCrossEntropy(x, w, l), [5]);
  refused((x, w, l) => linearCrossEntropy(x, w, l, { bias: x }));
});
