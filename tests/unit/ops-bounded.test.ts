// Reductions, losses and fused rows on a bounded axis: a plan made for the maximum gives, at every live length, what a plan of that length gives.
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { constant, traceFunction } from "../../packages/engine/src/trace.js";
import { randoms } from "../support/ops-cases.js";
import { closeBackends, wasmBackend } from "../support/wasm-executor.js";

afterAll(closeBackends);

const MOST = 37;
const COLUMNS = 5;

/** Parameters by column, made where they are used, as a trace wants its constants. */
const affine = {
  get weight() {
    return constant(Float64Array.of(0.5, 1, -2, 1.5, 0.25));
  },
  get bias() {
    return constant(Float64Array.of(0, 1, -1, 0.5, 2));
  },
};
const ramp = (x: Tensor) => ops.exp(ops.mul(x, 0.5));
/** Rows as images of one channel and height 1. */
const images = (x: Tensor, f: (y: Tensor) => Tensor) => f(ops.reshape(x, [x.shape[0] as number, 1, 1, COLUMNS]));

type Scalar = (x: Tensor, labels: Tensor) => Tensor;
/** Functions to one number, whose value and gradient are compared. */
const functions: Readonly<Record<string, Scalar>> = {
  sum: (x) => ops.sum(x),
  mean: (x) => ops.mean(ops.square(x)),
  "mean of columns": (x) => ops.sum(ops.square(ops.mean(x, 0))),
  "mean of rows": (x) => ops.mean(ops.square(ops.mean(x, 1))),
  variance: (x) => ops.sum(ops.variance(x, 0)),
  max: (x) => ops.max(x),
  "max of columns": (x) => ops.sum(ops.square(ops.max(x, 0))),
  min: (x) => ops.min(x, [0, 1]),
  logSumExp: (x) => ops.logSumExp(x),
  "logSumExp of rows": (x) => ops.mean(ops.logSumExp(x, 1)),
  softmax: (x) => ops.mean(ops.square(ops.softmax(x))),
  logSoftmax: (x) => ops.sum(ops.square(ops.logSoftmax(x))),
  cumsum: (x) => ops.mean(ops.square(ops.cumsum(x, 0))),
  "cumsum of rows": (x) => ops.mean(ops.square(ops.cumsum(x, 1, { reverse: true }))),
  crossEntropy: (x, labels) => ops.crossEntropy(x, labels, { labelSmoothing: 0.1 }),
  "crossEntropy, ignoring": (x, labels) => ops.crossEntropy(x, labels, { ignoreIndex: 2 }),
  "sort of rows": (x) => ops.mean(ops.square(ops.cumsum(ops.sort(x).values))),
  "sort along the bounded axis": (x) => ops.mean(ops.square(ops.cumsum(ops.sort(ops.select(x, 1, 2), 0, { descending: true }).values, 0))),
  topK: (x) => ops.mean(ops.square(ops.cumsum(ops.topK(x, 3).values))),
  einsum: (x) => ops.mean(ops.square(ops.einsum("bi,bj->bij", x, ops.tanh(x)))),
  "einsum over the bounded axis": (x) => ops.sum(ops.square(ops.einsum("bi,bj->ij", x, ops.tanh(x)))),
  layerNorm: (x) => ops.sum(ops.mul(ops.square(ops.layerNorm(x, affine)), ramp(x))),
  rmsNorm: (x) => ops.mean(ops.mul(ops.rmsNorm(x, { weight: affine.weight }), ramp(x))),
  addLayerNorm: (x) => {
    const { sum, y } = ops.addLayerNorm(x, ops.square(x), affine);
    return ops.mean(ops.mul(y, sum));
  },
  batchNorm: (x) => {
    const { y, runningVar } = ops.batchNorm(x, { ...affine, training: true, runningMean: affine.bias, runningVar: affine.weight });
    return ops.add(ops.mean(ops.mul(y, ramp(x))), ops.sum(runningVar as Tensor));
  },
  "batchNorm of images": (x) => {
    const image = ops.reshape(x, [x.shape[0] as number, 1, COLUMNS]);
    return ops.sum(ops.mul(ops.batchNorm(image, { training: true }).y, ops.exp(image)));
  },
  addBatchNorm: (x) => {
    const options = { ...affine, training: true, runningMean: affine.bias, runningVar: affine.weight };
    const { sum, y, runningVar } = ops.addBatchNorm(x, ops.square(x), options);
    return ops.add(ops.mean(ops.mul(y, ops.tanh(sum))), ops.sum(runningVar as Tensor));
  },
  "addBatchNorm of images": (x) => {
    const image = ops.reshape(x, [x.shape[0] as number, 1, COLUMNS]);
    const { sum, y } = ops.addBatchNorm(image, ops.square(image), { training: true });
    return ops.sum(ops.mul(y, sum));
  },
  groupNorm: (x) => {
    const image = ops.repeat(ops.reshape(x, [x.shape[0] as number, COLUMNS, 1]), 2, 1);
    return ops.mean(ops.mul(ops.groupNorm(image, 2, { weight: ops.concat([affine.weight, affine.bias], 0) }), ops.exp(image)));
  },
  addGroupNorm: (x) => {
    const image = ops.repeat(ops.reshape(x, [x.shape[0] as number, COLUMNS, 1]), 2, 1);
    const { sum, y } = ops.addGroupNorm(image, ops.square(image), 2, { weight: ops.concat([affine.weight, affine.bias], 0) });
    return ops.mean(ops.mul(y, sum));
  },
  linearCrossEntropy: (x, labels) => {
    const weight = constant(
      Float64Array.from({ length: 7 * COLUMNS }, (_, i) => Math.sin(i)),
      [7, COLUMNS],
    );
    const options = {
      bias: ops.slice(ops.reshape(weight, [7 * COLUMNS]), [3], [10]),
      ignoreIndex: 2,
      labelSmoothing: 0.1,
      chunk: { rows: 8, words: 4 },
    };
    return ops.linearCrossEntropy(x, weight, labels, options);
  },
  mse: (x) => ops.mse(x, ops.mul(x, 0.5)),
  huber: (x) => ops.huber(x, ops.tanh(x)),
  conv2d: (x) => ops.mean(ops.square(images(x, (y) => ops.conv2d(y, ops.full([3, 1, 2, 2], 0.3, "f64"), { padding: 1 })))),
  "conv2d of each channel": (x) => ops.mean(ops.square(images(x, (y) => ops.conv2d(y, ops.full([1, 1, 1, 3], 0.3, "f64"))))),
  convTranspose2d: (x) => ops.mean(ops.square(images(x, (y) => ops.convTranspose2d(y, ops.full([1, 2, 2, 2], 0.3, "f64"), { stride: 2 })))),
  "gradient by convolution weights": (x) =>
    ops.sum(images(x, (y) => ops.conv2dWeightGradient(y, y, [1, 1], { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }))),
  maxPool2d: (x) => ops.mean(ops.square(images(x, (y) => ops.maxPool2d(y, { kernel: [1, 2] })))),
  avgPool2d: (x) => ops.mean(ops.square(images(x, (y) => ops.avgPool2d(y, { kernel: [1, 3], stride: 1, padding: [0, 1] })))),
  klDiv: (x) => ops.klDiv(ops.logSoftmax(x), ops.softmax(x)),
};

function trace(f: Scalar, rows: number, bounded: boolean) {
  const bound = bounded ? { bound: { name: "rows", times: 1 } } : {};
  return traceFunction(
    { x: { shape: [rows, COLUMNS], dtype: "f64", ...bound }, labels: { shape: [rows], dtype: "i32", ...bound } },
    (inputs) => {
      const [x, labels] = [inputs["x"] as Tensor, inputs["labels"] as Tensor];
      const y = f(x, labels);
      return [y, gradients(y, [x])[0] as Tensor] as const;
    },
  );
}

describe.each(Object.entries(functions))("%s", (_, f) => {
  test("live lengths", async () => {
    const backend = await wasmBackend("baseline");
    const { graph, result } = trace(f, MOST, true);
    expect(result[1].bound).toEqual({ name: "rows", times: 1 });
    const outputs = new Map(result.map((tensor, i) => [`${i}`, tensor]));
    const executable = await WasmExecutable.compile(backend.runtime, {
      graph,
      outputs,
      leaves: new Map(),
      seed: 1,
      maxima: new Map([["rows", MOST]]),
      threads: 1,
    });
    try {
      for (const rows of [MOST, 4, 17, 2]) {
        const next = randoms(rows);
        const x = Float64Array.from({ length: rows * COLUMNS }, () => 4 * next() - 2);
        const labels = Float64Array.from({ length: rows }, (_, i) => (3 * i + 1) % COLUMNS);
        const single = trace(f, rows, false);
        const feeds = new Map<Tensor, NdArray>([
          [single.graph.inputs.get("x") as Tensor, { shape: [rows, COLUMNS], dtype: "f64", data: x }],
          [single.graph.inputs.get("labels") as Tensor, { shape: [rows], dtype: "i32", data: labels }],
        ]);
        const expected = interpret(single.graph, single.result, feeds);
        executable.setLive("rows", rows);
        executable.write("x", x);
        if (executable.plan.inputs.has("labels")) executable.write("labels", labels);
        executable.runSync();
        expected.forEach(({ data }, i) => {
          const got = executable.read(`${i}`);
          data.forEach((e, k) => {
            expect(Math.abs((got[k] as number) - e), `${rows} rows, output ${i}, element ${k}: got ${got[k]}, expected ${e}`).toBeLessThan(
              1e-12 * Math.max(1, Math.abs(e)),
            );
          });
        });
      }
    } finally {
      executable.close();
    }
  });
});
