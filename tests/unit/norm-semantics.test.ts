// What the norms promise beyond their formulas: digits far from zero, rows whose first elements mislead, NaN and infinities, bad input, batch rules.
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Shape } from "../../packages/engine/src/shape.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { constant, traceFunction } from "../../packages/engine/src/trace.js";
import { opsOf, randoms } from "../support/ops-cases.js";
import { BUILDS, closeBackends, runOnWasm } from "../support/wasm-executor.js";
import { checkBatch } from "./transforms-support.js";

afterAll(closeBackends);

type Unary = (x: Tensor) => Tensor;
const weightOf = (x: Tensor, n: number) => ops.add(ops.mul(ops.cast(ops.arange(n, { dtype: "i32" }), x.dtype), 0.125), 0.5);

/** f(x) and the gradient of Σ c f(x), c different for every element and exact in f32. */
function withGradient(f: Unary, shape: Shape, dtype: "f32" | "f64") {
  return traceFunction({ x: { shape, dtype } }, ({ x }) => {
    const y = f(x as Tensor);
    const c = constant(
      Float64Array.from({ length: y.size }, (_, i) => ((i * 37) % 64) / 32 - 1),
      shape,
      dtype,
    );
    return [y, gradients(ops.sum(ops.mul(y, c)), [x as Tensor])[0] as Tensor];
  });
}

async function compare(build: (typeof BUILDS)[number], f: Unary, shape: Shape, x: Float32Array, tolerance: number) {
  const exact = withGradient(f, shape, "f64");
  const feed = (graph: typeof exact.graph, dtype: "f32" | "f64") =>
    new Map<Tensor, NdArray>([[graph.inputs.get("x") as Tensor, ndFrom(shape, dtype, x)]]);
  const want = interpret(exact.graph, exact.result, feed(exact.graph, "f64"));
  const traced = withGradient(f, shape, "f32");
  const got = await runOnWasm(build, traced.graph, traced.result, feed(traced.graph, "f32"));
  want.forEach((array, i) => {
    const scale = array.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const worst = array.data.reduce((most, v, k) => Math.max(most, Math.abs(v - (got[i]?.data[k] as number))), 0);
    expect(worst / scale, i === 0 ? "value" : "gradient").toBeLessThan(tolerance);
  });
}

const next = randoms(21);
const noise = (n: number) => Float32Array.from({ length: n }, () => 2 * next() - 1);

const norms: Readonly<Record<string, readonly [Unary, Shape]>> = {
  layerNorm: [(x) => ops.layerNorm(x, { weight: weightOf(x, 384) }), [6, 384]],
  "addLayerNorm, y": [(x) => ops.addLayerNorm(x, ops.mul(x, 0)).y, [6, 384]],
  "batchNorm of columns": [(x) => ops.batchNorm(x, { training: true }).y, [384, 6]],
  "batchNorm of images": [(x) => ops.batchNorm(x, { training: true, weight: weightOf(x, 3) }).y, [4, 3, 12, 16]],
  "addBatchNorm of columns, y": [(x) => ops.addBatchNorm(x, ops.mul(x, 0), { training: true }).y, [384, 6]],
  "addBatchNorm of images, y": [(x) => ops.addBatchNorm(x, ops.mul(x, 0), { training: true }).y, [4, 3, 12, 16]],
  groupNorm: [(x) => ops.groupNorm(x, 2, { weight: weightOf(x, 4) }), [3, 4, 8, 12]],
  "addGroupNorm, y": [(x) => ops.addGroupNorm(x, ops.mul(x, 0), 2, { weight: weightOf(x, 4) }).y, [3, 4, 8, 12]],
};

describe.each(BUILDS)("%s", (build) => {
  // x − mean is exact in f32 to 2^-24 of x's distance; three roundings of order-1 values and a sum of 384 are left.
  test.each(Object.entries(norms))("%s of 1e4 and noise keeps its digits", async (_, [f, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    await compare(
      build,
      f,
      shape,
      noise(size).map((v) => 1e4 + v),
      3e-6,
    );
  });

  test.each(Object.entries(norms))("%s where the first elements are unlike the others", async (_, [f, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    // The first line of every row, image and column is a thousand away.
    const line = shape.length === 2 && shape[0] === 384 ? 16 * (shape[1] as number) : 0;
    const row = size / (shape[0] as number);
    const x = noise(size).map((v, i) => v + (line > 0 ? (i < line ? 1000 : 0) : i % row < 16 || i % (row / 2) < 16 ? 1000 : 0));
    await compare(build, f, shape, x, 3e-6);
  });

  test("a constant row gives the bias, and has no gradient", async () => {
    const { graph, result } = withGradient((x) => ops.layerNorm(x), [2, 37], "f32");
    const x = graph.inputs.get("x") as Tensor;
    const got = await runOnWasm(build, graph, result, new Map([[x, ndFrom(x.shape, "f32", new Float32Array(74).fill(12345.678))]]));
    expect(got[0]?.data.every((v) => v === 0)).toBe(true);
  });

  test.each([
    ["layerNorm", (x: Tensor) => ops.layerNorm(x)],
    ["rmsNorm", (x: Tensor) => ops.rmsNorm(x)],
    ["groupNorm", (x: Tensor) => ops.groupNorm(x, 1)],
    ["addGroupNorm", (x: Tensor) => ops.addGroupNorm(x, ops.zerosLike(x), 1).y],
  ] as const)("%s: NaN and infinities spoil their own row only", async (name, f) => {
    const x = noise(4 * 21);
    x[21 + 5] = NaN;
    x[42 + 20] = Infinity;
    const { graph, result } = withGradient(f, [4, 21], "f32");
    const leaf = graph.inputs.get("x") as Tensor;
    const [y, dx] = await runOnWasm(build, graph, result, new Map([[leaf, ndFrom([4, 21], "f32", x)]]), [1]);
    const finite = (array: NdArray | undefined) =>
      [0, 1, 2, 3].map((r) => array?.data.subarray(21 * r, 21 * r + 21).every(Number.isFinite));
    expect(finite(y)).toEqual([true, false, false, true]);
    expect(finite(dx)).toEqual([true, false, false, true]);
    // torch: NaN · 1/NaN all along; rms of an infinite row gives 0 but for the infinite element itself.
    expect(y?.data.subarray(21, 42).every(Number.isNaN)).toBe(true);
    if (name !== "rmsNorm") expect(y?.data.subarray(42, 63).every(Number.isNaN)).toBe(true);
    else
      expect([...(y?.data.subarray(42, 63) ?? [])].map((v) => (Number.isNaN(v) ? 1 : v + 0))).toEqual([
        ...new Array<number>(20).fill(0),
        1,
      ]);
  });
});

test("groupNorm of a matrix is that of channels of one element", () => {
  const shape = [5, 12];
  const traced = traceFunction({ x: { shape, dtype: "f64" } }, ({ x }) => {
    const options = { weight: weightOf(x as Tensor, 12), bias: weightOf(x as Tensor, 12) };
    const image = ops.reshape(x as Tensor, [5, 12, 1]);
    return [ops.groupNorm(x as Tensor, 3, options), ops.reshape(ops.groupNorm(image, 3, options), shape)];
  });
  const leaf = traced.graph.inputs.get("x") as Tensor;
  const [mine, other] = interpret(traced.graph, traced.result, new Map([[leaf, ndFrom(shape, "f64", noise(60))]]));
  mine?.data.forEach((v, i) => {
    expect(Math.abs(v - (other?.data[i] as number))).toBeLessThan(1e-14);
  });
});

/** One function's results beside another's, to the last bit or nearly so. */
function alike(shapes: Readonly<Record<string, Shape>>, f: (inputs: Record<string, Tensor>) => readonly (readonly [Tensor, Tensor])[]) {
  const specs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: "f64" as const }]));
  const traced = traceFunction(specs, (inputs) => f(inputs as Record<string, Tensor>).flat());
  const feeds = new Map([...traced.graph.inputs.values()].map((x) => [x, ndFrom(x.shape, "f64", noise(x.size).map(Math.abs))]));
  const results = interpret(traced.graph, traced.result, feeds);
  for (let i = 0; i < results.length; i += 2) {
    expect(results[i]?.shape).toEqual(results[i + 1]?.shape);
    results[i]?.data.forEach((v, k) => {
      expect(Math.abs(v - (results[i + 1]?.data[k] as number)), `result ${i / 2}`).toBeLessThan(1e-13);
    });
  }
}

describe("a norm with a residual is the norm of the sum", () => {
  const channel = [6];
  const parameters = { weight: channel, bias: channel };

  test.each([true, false])("addBatchNorm, training: %s", (training) => {
    const shape = [4, 6, 5];
    alike({ x: shape, residual: shape, ...parameters, runningMean: channel, runningVar: channel }, ({ x, residual, ...options }) => {
      const fused = ops.addBatchNorm(x as Tensor, residual as Tensor, { ...options, training, momentum: 0.3, eps: 1e-3 });
      const sum = ops.add(x as Tensor, residual as Tensor);
      const plain = ops.batchNorm(sum, { ...options, training, momentum: 0.3, eps: 1e-3 });
      const gradient = (y: Tensor, total: Tensor) =>
        gradients(ops.sum(ops.mul(ops.tanh(y), total)), Object.values({ x, residual, ...options }) as Tensor[]);
      const [mine, other] = [gradient(fused.y, fused.sum), gradient(plain.y, sum)];
      return [
        [fused.sum, sum],
        [fused.y, plain.y],
        [fused.runningMean as Tensor, plain.runningMean as Tensor],
        [fused.runningVar as Tensor, plain.runningVar as Tensor],
        ...mine.map((dx, i) => [dx, other[i]] as readonly [Tensor, Tensor]),
      ];
    });
  });

  test.each([[[4, 6, 5]], [[4, 6]]])("addGroupNorm of %s", (shape) => {
    alike({ x: shape, residual: shape, ...parameters }, ({ x, residual, ...options }) => {
      const fused = ops.addGroupNorm(x as Tensor, residual as Tensor, 2, options);
      const sum = ops.add(x as Tensor, residual as Tensor);
      const y = ops.groupNorm(sum, 2, options);
      const gradient = (value: Tensor, total: Tensor) =>
        gradients(ops.sum(ops.mul(ops.tanh(value), total)), Object.values({ x, residual, ...options }) as Tensor[]);
      const [mine, other] = [gradient(fused.y, fused.sum), gradient(y, sum)];
      return [[fused.sum, sum], [fused.y, y], ...mine.map((dx, i) => [dx, other[i]] as readonly [Tensor, Tensor])];
    });
  });
});

describe("what does not fit is refused", () => {
  const refused = (code: string, f: (x: Tensor, w: Tensor) => unknown, bounded = false) => {
    let caught: unknown;
    try {
      traceFunction(
        { x: { shape: [4, 6], dtype: "f32", ...(bounded && { bound: { name: "rows", times: 1 } }) }, w: { shape: [5], dtype: "f32" } },
        ({ x, w }) => f(x as Tensor, w as Tensor),
      );
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(TetradError);
    expect((caught as TetradError).code).toBe(code);
  };
  test("norms", () => {
    refused("SHAPE", (x, weight) => ops.layerNorm(x, { weight }));
    refused("SHAPE", (x, bias) => ops.layerNorm(x, { bias }));
    refused("SHAPE", (x) => ops.layerNorm(x, { axes: 3 }));
    refused("UNSUPPORTED", (x) => ops.layerNorm(x, { axes: 2 }), true);
    refused("SHAPE", (x, weight) => ops.rmsNorm(x, { weight }));
    refused("SHAPE", (x, w) => ops.addLayerNorm(x, w));
    refused("SHAPE", (x) => ops.layerNorm(ops.cast(x, "i32")));
    refused("SHAPE", (x, weight) => ops.batchNorm(x, { training: true, weight }));
    refused("SHAPE", (_, w) => ops.batchNorm(w, { training: true }));
    refused("ARGUMENT", (x) => ops.batchNorm(x, { training: false }));
    refused("ARGUMENT", (x) => ops.groupNorm(x, 4));
    refused("SHAPE", (x, weight) => ops.groupNorm(x, 2, { weight }));
    refused("SHAPE", (x, w) => ops.addBatchNorm(x, w, { training: true }));
    // Would broadcast if it were only added.
    refused("SHAPE", (x) => ops.addBatchNorm(x, ops.slice(x, [0, 0], [1, 6]), { training: false }));
    refused("SHAPE", (x, weight) => ops.addBatchNorm(x, x, { training: true, weight }));
    refused("ARGUMENT", (x) => ops.addBatchNorm(x, x, { training: false }));
    refused("SHAPE", (x, w) => ops.addGroupNorm(x, w, 2));
    refused("SHAPE", (x, weight) => ops.addGroupNorm(x, x, 2, { weight }));
    refused("ARGUMENT", (x) => ops.addGroupNorm(x, x, 4));
  });
});

describe("batch rules", () => {
  const names = ["layerNorm", "rmsNorm", "addLayerNorm", "addRmsNorm", "batchNorm", "groupNorm", "addBatchNorm", "addGroupNorm"].flatMap(
    (name) => [name, `${name}Backward`],
  );
  const wanted = ["row 7", "rows 3", "row 17, no weight", "row 7, extra", "two axes are a row", "3x6x3", "9x7", "2x6x4x4"];
  for (const op of opsOf(ops).filter(({ name }) => names.includes(name)))
    for (const single of op.cases().filter(({ name }) => wanted.includes(name)))
      test(`${op.name}, ${single.name}`, () => checkBatch(op, single));
});
