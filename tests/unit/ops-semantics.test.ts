// What single ops promise beyond their formulas: types, ties, kinks, infinities, bad input, and their batch rules.
import { describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { DType } from "../../packages/engine/src/dtype.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import type { Op } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { traceFunction } from "../../packages/engine/src/trace.js";
import { checkBatch } from "./transforms-support.js";

type Values = { readonly shape: number[]; readonly dtype?: DType; readonly values: number[] };
const vector = (...values: number[]): Values => ({ shape: [values.length], values });
const typed = (dtype: DType, ...values: number[]): Values => ({ shape: [values.length], dtype, values });

function run(f: (...xs: Tensor[]) => Tensor | readonly Tensor[], ...inputs: Values[]): NdArray[] {
  const specs = Object.fromEntries(inputs.map(({ shape, dtype }, i) => [`x${i}`, { shape, dtype: dtype ?? ("f64" as const) }]));
  const { graph, result } = traceFunction(specs, (named) => [f(...inputs.map((_, i) => named[`x${i}`] as Tensor))].flat() as Tensor[]);
  const feeds = new Map([...graph.inputs.values()].map((x, i) => [x, ndFrom(x.shape, x.dtype, (inputs[i] as Values).values)]));
  return interpret(graph, result, feeds);
}

const one = (f: (...xs: Tensor[]) => Tensor, ...inputs: Values[]): number[] => [...(run(f, ...inputs)[0] as NdArray).data];
/** Gradient of the sum of f by its first input. */
const slope = (f: (...xs: Tensor[]) => Tensor, ...inputs: Values[]): number[] =>
  one((...xs) => gradients(ops.sum(f(...xs)), [xs[0] as Tensor])[0] as Tensor, ...inputs);
const curvature = (f: (x: Tensor) => Tensor, x: Values): number[] => slope((t) => gradients(ops.sum(f(t)), [t])[0] as Tensor, x);

describe("types", () => {
  test("comparisons and tests give bool, numbers beside tensors take their type", () => {
    const [less, none, scaled] = run((x) => [ops.less(x, 2), ops.isNaN(x), ops.mul(x, 0.5)], typed("f32", 1, NaN, 3)) as [
      NdArray,
      NdArray,
      NdArray,
    ];
    expect([less.dtype, none.dtype, scaled.dtype]).toEqual(["bool", "bool", "f32"]);
    expect([[...less.data], [...none.data]]).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  test("where promotes its branches, not its condition", () => {
    const [mixed, numbers, fraction] = run(
      (c, x) => [ops.where(c, x, 0), ops.where(c, 2, 3), ops.where(c, ops.cast(x, "i32"), 0.5)],
      typed("bool", 1, 0),
      typed("f64", 7, 8),
    ) as [NdArray, NdArray, NdArray];
    expect([mixed.dtype, numbers.dtype, fraction.dtype]).toEqual(["f64", "f32", "f32"]);
    expect([[...mixed.data], [...numbers.data], [...fraction.data]]).toEqual([
      [7, 0],
      [2, 3],
      [7, 0.5],
    ]);
  });

  test("integers are reduced exactly and stay i32; true counts one", () => {
    const [total, product, largest, running, mean] = run(
      (x) => [ops.sum(x), ops.prod(x), ops.max(x), ops.cumsum(x), ops.mean(x)],
      typed("i32", 2, -3, 7),
    ) as NdArray[];
    expect([total, product, largest, running].map((y) => [y?.dtype, [...(y as NdArray).data]])).toEqual([
      ["i32", [6]],
      ["i32", [-42]],
      ["i32", [7]],
      ["i32", [2, -1, 6]],
    ]);
    expect([mean?.dtype, [...(mean as NdArray).data]]).toEqual(["f32", [2]]);
    expect(one((x) => ops.sum(ops.greater(x, 0)), vector(1, -1, 2, 3))).toEqual([3]);
  });

  test("cast truncates to i32, tests for 0 to bool, and casts its gradient back", () => {
    expect(one((x) => ops.cast(x, "i32"), vector(1.9, -1.9, 0))).toEqual([1, -1, 0]);
    expect(one((x) => ops.cast(x, "bool"), vector(0.1, 0, -2))).toEqual([1, 0, 1]);
    const [dx] = run((x) => gradients(ops.sum(ops.square(ops.cast(x, "f64"))), [x]), typed("f32", 1, 2)) as [NdArray];
    expect([dx.dtype, [...dx.data]]).toEqual(["f32", [2, 4]]);
  });

  test("floating-point functions refuse integers with a hint", () => {
    const functions = [
      ops.exp,
      ops.sqrt,
      ops.sigmoid,
      (x: Tensor) => ops.softmax(x),
      (x: Tensor) => ops.logSumExp(x),
      (x: Tensor) => ops.div(x, x),
      (x: Tensor) => ops.powScalar(x, 3),
    ];
    for (const f of functions) expect(() => run((x) => f(x as Tensor), typed("i32", 1, 2))).toThrow(/floating-point/);
  });
});

describe("kinks and ties", () => {
  test("gradients at kinks are PyTorch's", () => {
    const zero = vector(0);
    const functions = [ops.relu, ops.abs, (x: Tensor) => ops.elu(x), (x: Tensor) => ops.leakyRelu(x, 0.2)];
    expect(functions.map((f) => slope((x) => f(x as Tensor), zero)[0])).toEqual([0, 0, 1, 0.2]);
    expect(slope((x) => ops.clamp(x, -1, 1), vector(-2, -1, 0, 1, 2))).toEqual([0, 1, 1, 1, 0]);
    expect(slope((x) => ops.maximum(x, 1), vector(0, 1, 2))).toEqual([0, 0.5, 1]);
    expect(slope((x) => ops.softplus(x), vector(25))).toEqual([1]);
    for (const f of [ops.floor, ops.ceil, ops.round, ops.sign, ops.step, ops.stopGradient])
      expect(slope(f as (x: Tensor) => Tensor, vector(0.3))).toEqual([0]);
  });

  test("ties of max and min share, the first of equals is found", () => {
    expect(slope((x) => ops.max(x), vector(3, 1, 3))).toEqual([0.5, 0, 0.5]);
    expect(slope((x) => ops.min(x), vector(1, 1, 1))).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect([one((x) => ops.argmax(x), vector(1, 3, 3))[0], one((x) => ops.argmin(x), vector(2, 0, 0))[0]]).toEqual([1, 1]);
    expect(one((x) => ops.argmax(x, [0, 2]), { shape: [2, 2, 2], values: [1, 2, 8, 4, 5, 6, 7, 3] })).toEqual([3, 0]);
  });

  test("halves round to even", () => {
    expect(one(ops.round, vector(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999))).toEqual([0, 2, 2, -0, -2, -2, 2]);
  });

  test("powers at their special points", () => {
    expect(slope((x) => ops.pow(x, 0), vector(0, 2))).toEqual([0, 0]);
    expect(slope((a, b) => ops.pow(a, b), vector(0, 0, 2), vector(0, 1, 3))).toEqual([0, 1, 12]);
    expect(slope((b, a) => ops.pow(a, b), vector(2, 0), vector(0, 0))).toEqual([0, 0]);
    expect(one((x) => ops.pow(x, 3), vector(-2))).toEqual([-8]);
    expect(slope((a, b) => ops.atan2(a, b), vector(0), vector(0))).toEqual([0]);
  });

  test("products of zeros have derivatives of every order", () => {
    expect(slope((x) => ops.prod(x), vector(0, 2, 3))).toEqual([6, 0, 0]);
    // d²/dx² of x0 x1 x2 against the vector of ones: sums over the other two.
    expect(curvature((x) => ops.prod(x), vector(0, 0, 3))).toEqual([3, 3, 0]);
  });
});

describe("infinities and NaN", () => {
  test("NaN comes through extrema", () => {
    expect([ops.max, ops.min].map((f) => one((x) => f(x), vector(1, NaN, 3))[0])).toEqual([NaN, NaN]);
    expect([ops.argmax, ops.argmin].map((f) => one((x) => f(x), vector(1, NaN, 3))[0])).toEqual([1, 1]);
    expect(one((x) => ops.clamp(x, -1, 1), vector(NaN, -Infinity))).toEqual([NaN, -1]);
    expect(one((x) => ops.relu(x), vector(NaN, -1))).toEqual([NaN, 0]);
  });

  test("log-sum-exp and softmax of infinite logits", () => {
    expect(one((x) => ops.logSumExp(x), vector(-Infinity, -Infinity))).toEqual([-Infinity]);
    expect(slope((x) => ops.logSumExp(x), vector(-Infinity, -Infinity))).toEqual([0, 0]);
    expect(one((x) => ops.logSumExp(x), vector(Infinity, 1))).toEqual([Infinity]);
    expect(one((x) => ops.softmax(x), vector(-Infinity, 0, -Infinity))).toEqual([0, 1, 0]);
    expect(one((x) => ops.softmax(x), vector(-Infinity, -Infinity))).toEqual([NaN, NaN]);
  });

  test("branches not taken leak no NaN, in second derivatives either", () => {
    expect(slope((x) => ops.where(ops.greater(x, 0), ops.log(ops.where(ops.greater(x, 0), x, 1)), 0), vector(-1, 2))).toEqual([0, 0.5]);
    expect(curvature((x) => ops.elu(x), vector(800, 1))).toEqual([0, 0]);
    expect(one((x, t) => ops.klDiv(x, t, { reduction: "sum" }), vector(-1, -2), vector(0, 1))).toEqual([2]);
  });

  test("reductions over nothing", () => {
    const empty = { shape: [2, 0], values: [] };
    expect([ops.sum, ops.prod, ops.mean].map((f) => one((x) => f(x, 1), empty))).toEqual([
      [0, 0],
      [1, 1],
      [NaN, NaN],
    ]);
    for (const f of [ops.max, ops.min, ops.argmax, ops.logSumExp])
      expect(() => run((x) => f(x, 1), empty)).toThrow(/cannot reduce an empty axis/);
  });

  test("variance with fewer elements than its correction", () => {
    expect(one((x) => ops.variance(x), vector(3))).toEqual([NaN]);
    expect(one((x) => ops.variance(x, undefined, { correction: 0 }), vector(3))).toEqual([0]);
    expect(one((x) => ops.std(x), vector(1, 3))).toEqual([Math.SQRT2]);
  });
});

describe("losses", () => {
  const logits: Values = { shape: [2, 3], values: [1, 2, 3, 0, 0, 0] };
  const labels = (...values: number[]): Values => typed("i32", ...values);

  test("labels out of range give NaN, ignored rows 0, and a batch of ignored rows NaN", () => {
    const rows = (x: Tensor, t: Tensor) => ops.crossEntropy(x, t, { reduction: "none" });
    expect(one(rows, logits, labels(-100, 3))).toEqual([0, NaN]);
    expect(slope(rows, logits, labels(-100, -1))).toEqual([0, 0, 0, NaN, NaN, NaN]);
    expect(one((x, t) => ops.crossEntropy(x, t), logits, labels(-100, -100))).toEqual([NaN]);
    expect(one((x, t) => ops.crossEntropy(x, t), logits, labels(-100, 1))[0]).toBeCloseTo(Math.log(3), 14);
  });

  test("operands that do not fit are named", () => {
    expect(() => run((x, t) => ops.crossEntropy(x, t), logits, labels(1, 2, 0))).toThrow(
      /target's shape does not fit the logits — got \[3\], expected \[2\] of labels/,
    );
    expect(() => run((x, t) => ops.crossEntropy(x, t), logits, { shape: [2, 3], dtype: "f32", values: [0, 1, 0, 1, 0, 0] })).toThrow(
      /target's type does not fit/,
    );
    expect(() => run((x, t, w) => ops.crossEntropy(x, t, { weight: w as Tensor }), logits, labels(1, 2), vector(1, 1))).toThrow(
      /class weights do not fit/,
    );
    expect(() => run((x, t) => ops.crossEntropy(x, t, { labelSmoothing: 2 }), logits, labels(1, 2))).toThrow(/labelSmoothing/);
    for (const f of [ops.mse, ops.l1, ops.huber, ops.smoothL1, ops.klDiv, ops.bceWithLogits]) {
      expect(() => run((x, t) => f(x, t), { shape: [3, 1], values: [1, 2, 3] }, vector(1, 2, 3))).toThrow(
        /differ in shape — got \[3, 1\] and \[3\]/,
      );
    }
    expect(() => run((x) => ops.huber(x, x, { delta: 0 }), vector(1))).toThrow(/delta must be positive/);
    expect(() => run((x) => ops.clamp(x, 1, 0), vector(1))).toThrow(/interval is empty/);
  });

  test("smoothL1 with beta 0 is l1", () => {
    expect(one((x) => ops.smoothL1(x, ops.mul(x, 0), { beta: 0 }), vector(1, -2))).toEqual([1.5]);
  });

  test("a Hessian of cross-entropy is that of softmax regression", () => {
    // d²/dx² along ones is 0: softmax does not change when all logits grow alike.
    for (const v of curvature((x) => ops.crossEntropy(ops.reshape(x, [1, 3]), ops.cast(ops.full([1], 2, "f64"), "i32")), vector(1, 2, 3)))
      expect(Math.abs(v)).toBeLessThan(1e-15);
  });
});

describe("batch rules", () => {
  const rules: readonly Op[] = [
    ops.argmaxOp,
    ops.argminOp,
    ops.broadcastToOp,
    ops.castOp,
    ops.crossEntropyBackwardOp,
    ops.crossEntropyOp,
    ops.cumsumOp,
    ops.logSoftmaxBackwardOp,
    ops.logSoftmaxOp,
    ops.logSumExpOp,
    ops.maxOp,
    ops.meanOp,
    ops.minOp,
    ops.prodOp,
    ops.softmaxBackwardOp,
    ops.softmaxOp,
    ops.stopGradientOp,
    ops.sumOp,
  ];
  test.each(rules.map((op) => [op.name, op] as const))("%s", (name, op) => {
    // Class weights are shared by all items of a batch, so cases with them have no rule.
    const most = name === "crossEntropy" ? 2 : name === "crossEntropyBackward" ? 4 : 99;
    for (const single of op
      .cases()
      .filter(({ inputs }) => inputs.length <= most && inputs.every(({ shape }) => shape.reduce((size, n) => size * n, 1) < 200)))
      checkBatch(op, single);
  });
});
