// Convolution and pooling beyond their generated cases: batch rules against loops, options of the functions around the ops, PyTorch's corner cases, what they refuse.
import { describe, expect, test } from "vitest";
import { TetradError } from "../../packages/engine/src/errors.js";
import type { Op } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { checkBatch, expectClose, nd, randomNd, run, runNd } from "./transforms-support.js";

const batched: readonly Op[] = [
  ops.avgPool2dOp,
  ops.avgPool2dBackwardOp,
  ops.conv2dOp,
  ops.conv2dInputGradientOp,
  ops.conv2dWeightGradientOp,
  ops.maxPool2dOp,
  ops.maxPool2dBackwardOp,
] as readonly Op[];

describe("batch rules", () => {
  for (const op of batched) {
    for (const single of op.cases()) test(`${op.name}, ${single.name}`, () => checkBatch(op, single));
  }
});

const code = (f: () => unknown): string | undefined => {
  try {
    f();
  } catch (error) {
    return error instanceof TetradError ? error.code : `${error}`;
  }
  return undefined;
};

describe("conv2d", () => {
  test('padding "same" keeps the size, the odd element behind', () => {
    const x = randomNd([1, 2, 4, 5]);
    const w = randomNd([3, 2, 2, 4], 2);
    const [y, z] = runNd(
      (a, b) => [
        ops.conv2d(a, b, { padding: "same", dilation: [1, 2] }),
        ops.conv2d(
          ops.pad(a, [
            [0, 0],
            [0, 0],
            [0, 1],
            [3, 3],
          ]),
          b,
          { dilation: [1, 2] },
        ),
      ],
      x,
      w,
    );
    expect(y?.shape).toEqual([1, 3, 4, 5]);
    expectClose(y?.data ?? [], z?.data ?? []);
  });

  test("bias, conv1d and conv2d of height 1 agree", () => {
    const [y, z] = runNd(
      (x, w, b) => [
        ops.conv1d(x, w, { bias: b, stride: 2, padding: 1 }),
        ops.conv2d(ops.expandDims(x, 2), ops.expandDims(w, 2), { bias: b, stride: [1, 2], padding: [0, 1] }),
      ],
      randomNd([2, 3, 9]),
      randomNd([4, 3, 3], 2),
      randomNd([4], 3),
    );
    expect(y?.shape).toEqual([2, 4, 5]);
    expectClose(y?.data ?? [], z?.data ?? []);
  });

  test("a kernel that reaches too far for the kernels' scratch is padded first", () => {
    const x = randomNd([1, 1, 1, 700]);
    const w = randomNd([1, 1, 1, 2], 2);
    // 69,000 zeros in front meet tap 0, the signal tap 1.
    const [y] = runNd(
      (a, b) =>
        ops.conv2d(
          ops.pad(a, [
            [0, 0],
            [0, 0],
            [0, 0],
            [69_000, 0],
          ]),
          b,
          { padding: [0, 1], dilation: [1, 69_000] },
        ),
      x,
      w,
    );
    expect(y?.shape).toEqual([1, 1, 1, 702]);
    expectClose(
      y?.data.slice(1, 701) ?? [],
      [...x.data].map((v) => v * (w.data[1] as number)),
    );
  });

  test("refuses what does not fit", () => {
    const conv =
      (x: number[], w: number[], options: object = {}) =>
      () =>
        runNd((a, b) => ops.conv2d(a, b, options), randomNd(x), randomNd(w));
    expect(code(conv([1, 3, 5, 5], [4, 2, 3, 3]))).toBe("SHAPE");
    expect(code(conv([1, 3, 5], [4, 3, 3, 3]))).toBe("SHAPE");
    expect(code(conv([1, 4, 5, 5], [3, 2, 3, 3], { groups: 2 }))).toBe("SHAPE");
    expect(code(conv([1, 3, 2, 5], [4, 3, 3, 3]))).toBe("SHAPE");
    expect(code(conv([1, 3, 5, 5], [4, 3, 3, 3], { stride: 0 }))).toBe("ARGUMENT");
    expect(code(conv([1, 3, 5, 5], [4, 3, 3, 3], { padding: [1, -1] }))).toBe("ARGUMENT");
    expect(code(conv([1, 3, 5, 5], [4, 3, 3, 3], { padding: 1.5 }))).toBe("ARGUMENT");
    expect(code(conv([1, 3, 5, 5], [4, 3, 3, 3], { groups: 0 }))).toBe("ARGUMENT");
    expect(code(conv([1, 3, 5, 5], [4, 3, 3, 3], { padding: "same", stride: 2 }))).toBe("ARGUMENT");
    expect(code(() => runNd((a, b) => ops.conv2d(a, b), { ...randomNd([1, 1, 3, 3]), dtype: "f32" }, randomNd([1, 1, 2, 2])))).toBe(
      "DTYPE",
    );
    expect(code(() => runNd((a, b) => ops.conv1d(a, b), randomNd([1, 1, 3, 3]), randomNd([1, 1, 2])))).toBe("SHAPE");
  });
});

describe("convTranspose2d", () => {
  test("outputPadding may reach the stride where dilation is larger", () => {
    // One dimension by hand: y[s·q + d·j] += x[q]·w[j].
    const [x, w] = [randomNd([1, 1, 4]), randomNd([1, 1, 2], 2)];
    const [y] = runNd((a, b) => ops.convTranspose1d(a, b, { stride: 2, dilation: 4, outputPadding: 3 }), x, w);
    const expected = new Float64Array(6 + 4 + 3 + 1);
    x.data.forEach((v, q) => w.data.forEach((u, j) => (expected[2 * q + 4 * j] = (expected[2 * q + 4 * j] as number) + v * u)));
    expectClose(y?.data ?? [], expected);
  });

  test("refuses what does not fit", () => {
    const transposed =
      (x: number[], w: number[], options: object = {}) =>
      () =>
        runNd((a, b) => ops.convTranspose2d(a, b, options), randomNd(x), randomNd(w));
    expect(code(transposed([1, 3, 5, 5], [4, 3, 3, 3]))).toBe("SHAPE");
    expect(code(transposed([1, 3, 5, 5], [3, 3, 3, 3], { groups: 2 }))).toBe("SHAPE");
    expect(code(transposed([1, 3, 2, 2], [3, 3, 1, 1], { padding: 1 }))).toBe("SHAPE");
    expect(code(transposed([1, 3, 2, 2], [3, 3, 1, 1], { outputPadding: 1 }))).toBe("ARGUMENT");
  });
});

describe("pooling", () => {
  test("the gradient of a maximum goes to the first of equals", () => {
    const [, dx] = runNd(
      (x) => {
        const y = ops.maxPool2d(x, { kernel: 2 });
        return [y, ops.maxPool2dBackward(ops.full(y.shape, 1, "f64"), ops.maxPool2dWithIndices(x, { kernel: 2 }).indices, [2, 4])];
      },
      nd([1, 1, 2, 4], [1, 3, 2, 2, 3, 3, 2, 2]),
    );
    expect([...(dx?.data ?? [])]).toEqual([0, 1, 1, 0, 0, 0, 0, 0]);
  });

  test("1-D is 2-D of height 1", () => {
    const x = randomNd([2, 3, 11]);
    const flat = (f: (y: Tensor) => Tensor) => (y: Tensor) => ops.squeeze(f(ops.expandDims(y, 2)), 2);
    const [a, b, c, d] = runNd(
      (y) => [
        ops.maxPool1d(y, { kernel: 3, stride: 2, padding: 1, dilation: 2, ceilMode: true }),
        flat((z) => ops.maxPool2d(z, { kernel: [1, 3], stride: [1, 2], padding: [0, 1], dilation: [1, 2], ceilMode: true }))(y),
        ops.avgPool1d(y, { kernel: 3, padding: 1, countIncludePad: false }),
        flat((z) => ops.avgPool2d(z, { kernel: [1, 3], padding: [0, 1], countIncludePad: false }))(y),
      ],
      x,
    );
    expectClose(a?.data ?? [], b?.data ?? []);
    expectClose(c?.data ?? [], d?.data ?? []);
  });

  test("whole planes", () => {
    const x = [
      [
        [
          [1, 2],
          [3, 6],
        ],
        [
          [-1, -5],
          [-2, -4],
        ],
      ],
    ];
    expect(run((y) => ops.globalAvgPool2d(y), x)).toEqual([3, -3]);
    expect(run((y) => ops.globalMaxPool2d(y), x)).toEqual([6, -1]);
  });

  test("refuses what does not fit", () => {
    const pool = (shape: number[], options: object) => () => runNd((x) => ops.maxPool2d(x, options as { kernel: number }), randomNd(shape));
    expect(code(pool([1, 1, 4, 4], { kernel: 5 }))).toBe("SHAPE");
    expect(code(pool([1, 4, 4], { kernel: 2 }))).toBe("SHAPE");
    expect(code(pool([1, 1, 4, 4], { kernel: 2, padding: 2 }))).toBe("ARGUMENT");
    expect(code(pool([1, 1, 4, 4], { kernel: 0 }))).toBe("ARGUMENT");
    expect(code(pool([1, 1, 4, 4], { kernel: [2, 2, 2] }))).toBe("ARGUMENT");
    expect(code(() => runNd((x) => ops.avgPool2d(x, { kernel: 1 }), { ...randomNd([1, 1, 2, 2]), dtype: "i32" }))).toBe("DTYPE");
  });
});
