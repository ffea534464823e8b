// Convolutions larger than one block of the kernels, and the chains that are computed while a block is in cache: both builds and types, 1, 2 and 4 threads.
import { afterAll, describe, expect, test } from "vitest";
import { vjp } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import type { FloatDType } from "../../packages/engine/src/dtype.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { makePlan } from "../../packages/engine/src/plan/make.js";
import { fillUniform } from "../../packages/engine/src/random.js";
import type { Shape } from "../../packages/engine/src/shape.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import type { Graph, Tensor } from "../../packages/engine/src/tensor.js";
import { traceFunction } from "../../packages/engine/src/trace.js";
import { largestError } from "../support/error.js";
import { BUILDS, closeBackends, runOnWasm } from "../support/wasm-executor.js";

afterAll(closeBackends);

type Function = (...inputs: Tensor[]) => Tensor[];

interface Traced {
  readonly graph: Graph;
  readonly outputs: readonly Tensor[];
  readonly feeds: Map<Tensor, NdArray>;
}

function trace(f: Function, shapes: readonly Shape[], dtype: FloatDType): Traced {
  const specs = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, { shape, dtype }]));
  const { graph, result } = traceFunction(specs, (named) => f(...shapes.map((_, i) => named[`x${i}`] as Tensor)));
  const feeds = new Map(
    [...graph.inputs.values()].map((tensor, i) => {
      const values = new Float64Array(sizeOf(tensor.shape));
      fillUniform(values, { seed: 3, stream: i, lo: -1, hi: 1 });
      return [tensor, ndFrom(tensor.shape, dtype, Float32Array.from(values))];
    }),
  );
  return { graph, outputs: result, feeds };
}

/** The convolution, and both gradients for a given cotangent. */
const withGradients =
  (options: ops.Conv2dOptions): Function =>
  (x, w, dy) => {
    const y = ops.conv2d(x as Tensor, w as Tensor, options);
    return [y, ...vjp([y], [dy as Tensor], [x as Tensor, w as Tensor])];
  };

const relu = (x: Tensor, bias: Tensor) => ops.relu(ops.add(x, ops.reshape(bias, [bias.size, 1, 1])));

const functions: Readonly<Record<string, readonly [Function, readonly Shape[]]>> = {
  "many channels and outputs": [
    withGradients({ padding: 1 }),
    [
      [2, 40, 37, 19],
      [13, 40, 3, 3],
      [2, 13, 37, 19],
    ],
  ],
  "more than 1024 channels out": [
    withGradients({}),
    [
      [1, 1, 5, 5],
      [1100, 1, 2, 2],
      [1, 1100, 4, 4],
    ],
  ],
  "a row longer than a block": [
    withGradients({ padding: [0, 1] }),
    [
      [1, 2, 2, 2500],
      [3, 2, 1, 3],
      [1, 3, 2, 2500],
    ],
  ],
  "a stride over long rows": [
    withGradients({ stride: [1, 3] }),
    [
      [1, 2, 2, 4000],
      [3, 2, 1, 2],
      [1, 3, 2, 1333],
    ],
  ],
  // Bands that do not fit scratch at first: blocks and k shrink.
  "a kernel that reaches far": [
    withGradients({ padding: [0, 7], dilation: [1, 15_000] }),
    [
      [1, 4, 1, 30_090],
      [2, 4, 1, 3],
      [1, 2, 1, 104],
    ],
  ],
  "wide padded images": [
    withGradients({ padding: [1, 1] }),
    [
      [1, 12, 9, 1100],
      [3, 12, 3, 3],
      [1, 3, 9, 1100],
    ],
  ],
  "wide strided images": [
    withGradients({ padding: [1, 1], stride: [1, 9] }),
    [
      [1, 16, 2, 4500],
      [3, 16, 3, 3],
      [1, 3, 2, 500],
    ],
  ],
  "a depthwise plane larger than a band": [
    withGradients({ padding: 1 }),
    [
      [1, 1, 300, 410],
      [1, 1, 3, 3],
      [1, 1, 300, 410],
    ],
  ],
  "a depthwise row longer than a band": [
    withGradients({ padding: [0, 1], groups: 1, dilation: [1, 30_000] }),
    [
      [1, 1, 1, 130_000],
      [1, 1, 1, 3],
      [1, 1, 1, 70_002],
    ],
  ],
  "a chain over whole images": [
    (x, w, b) => [relu(ops.conv2d(x as Tensor, w as Tensor, { padding: 1 }), b as Tensor)],
    [[3, 4, 6, 5], [7, 4, 3, 3], [7]],
  ],
  "a chain over blocks": [
    (x, w, b) => [relu(ops.conv2d(x as Tensor, w as Tensor, { padding: 1 }), b as Tensor)],
    [[1, 40, 37, 19], [13, 40, 3, 3], [13]],
  ],
  "a chain, and the convolution itself": [
    (x, w, b) => {
      const y = ops.conv2d(x as Tensor, w as Tensor);
      return [relu(y, b as Tensor), y];
    },
    [[2, 3, 6, 5], [5, 3, 2, 2], [5]],
  ],
  "a chain over a transposed convolution": [
    (x, w, b) => [relu(ops.convTranspose2d(x as Tensor, w as Tensor, { stride: 2 }), b as Tensor)],
    [[3, 5, 6, 7], [5, 4, 3, 3], [4]],
  ],
  "a chain over a depthwise convolution": [
    (x, w, b) => [relu(ops.conv2d(x as Tensor, w as Tensor, { groups: 6, padding: 1 }), b as Tensor)],
    [[2, 6, 9, 7], [6, 1, 3, 3], [6]],
  ],
};

describe.each(Object.entries(functions))("%s", (_, [f, shapes]) => {
  const wanted = { f32: trace(f, shapes, "f32"), f64: trace(f, shapes, "f64") };
  // Values are those of f32, so that one reference serves both types.
  const expected = interpret(wanted.f64.graph, wanted.f64.outputs, wanted.f64.feeds);
  test.each(BUILDS.flatMap((build) => (["f32", "f64"] as const).map((dtype) => [build, dtype] as const)))("%s %s", async (build, dtype) => {
    const { graph, outputs, feeds } = wanted[dtype];
    const got = await runOnWasm(build, graph, outputs, feeds);
    // Sums of at most 26,000 products of numbers in (−1, 1), in units of the largest: √n roundings of half an epsilon, six-fold.
    const allowed = 500 * (dtype === "f32" ? 2 ** -24 : 2 ** -53);
    expected.forEach(({ data }, i) => {
      expect(largestError((got[i] as NdArray).data, data), `output ${i}`).toBeLessThan(allowed);
    });
  });
});

test.each([
  ["a chain over blocks", "conv2d_f32"],
  ["a chain over a transposed convolution", "conv2d_input_gradient_f32"],
  ["a chain over a depthwise convolution", "depthwise2d_f32"],
])("%s needs no launch of its own", (name, kernel) => {
  const [f, shapes] = functions[name] as readonly [Function, readonly Shape[]];
  const { graph, outputs } = trace(f, shapes, "f32");
  const plan = makePlan({ graph, outputs: new Map([["y", outputs[0] as Tensor]]) });
  expect(plan.launches.map((launch) => launch.kernel)).toEqual([kernel]);
});
