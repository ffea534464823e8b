/** PyTorch's values of single ops (golden/ops): which function of ours each is, and how one file becomes a graph, its feeds and its expectations. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { vjp } from "../../packages/engine/src/autodiff.js";
import { type DType, isFloat } from "../../packages/engine/src/dtype.js";
import { openSafetensors } from "../../packages/engine/src/io/safetensors.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import { gru } from "../../packages/engine/src/nn/gru.js";
import { linear } from "../../packages/engine/src/nn/linear.js";
import { lstm } from "../../packages/engine/src/nn/lstm.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { Graph, Tensor } from "../../packages/engine/src/tensor.js";
import { withGraph } from "../../packages/engine/src/trace.js";
import type { Executor } from "./ops-cases.js";

/** PyTorch's attributes by PyTorch's names; those that a case leaves out have PyTorch's defaults. */
type Attributes = Readonly<Record<string, unknown>>;
type Inputs = Readonly<Record<string, Tensor>>;
type GoldenFunction = (inputs: Inputs, attributes: Attributes) => Tensor | Record<string, Tensor>;

export interface GoldenCase {
  readonly file: string;
  readonly op: string;
  readonly case: string;
  readonly attr: Attributes;
  /** Largest error of PyTorch in f32 over the largest value, by tensor. */
  readonly f32_error: Readonly<Record<string, number>>;
}

const need = (inputs: Inputs, name: string): Tensor => {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`the case has no input ${name}`);
  return tensor;
};
const unary =
  (f: (x: Tensor) => Tensor): GoldenFunction =>
  (inputs) =>
    f(need(inputs, "x"));
const binary =
  (f: (a: Tensor, b: Tensor) => Tensor): GoldenFunction =>
  (inputs) =>
    f(need(inputs, "a"), need(inputs, "b"));
const axesOf = (attr: Attributes) => (attr["dim"] ?? undefined) as number[] | undefined;
const along =
  (f: (x: Tensor, axis: number) => Tensor): GoldenFunction =>
  (inputs, attr) =>
    f(need(inputs, "x"), (attr["dim"] ?? -1) as number);
type Options = { keepDims: boolean };
const over =
  (f: (x: Tensor, axes: number[] | undefined, options: Options) => Tensor): GoldenFunction =>
  (inputs, attr) =>
    f(need(inputs, "x"), axesOf(attr), { keepDims: attr["keepdim"] === true });
type Loss = (x: Tensor, target: Tensor, options: Record<string, unknown>) => Tensor;
/** A loss of x and target; `renames` maps PyTorch's attribute names to ours. */
const loss =
  (f: Loss, renames: Readonly<Record<string, string>> = {}): GoldenFunction =>
  (inputs, attr) =>
    f(
      need(inputs, "x"),
      need(inputs, "target"),
      Object.fromEntries(Object.entries(attr).map(([name, value]) => [renames[name] ?? name, value])),
    );

const affine = ({ weight, bias }: Inputs) => ({ ...(weight && { weight }), ...(bias && { bias }) });

const poolOptions = (attr: Attributes) => ({
  kernel: (attr["kernel"] ?? 2) as number[],
  stride: attr["stride"] as number[] | undefined,
  padding: attr["padding"] as number[] | undefined,
  ceilMode: attr["ceil_mode"] === true,
});

/** Above every position of the goldens. */
const MOST_POSITION = 5000;

const FUNCTIONS: Readonly<Record<string, GoldenFunction>> = {
  add: binary(ops.add),
  avg_pool2d: (inputs, attr) =>
    ops.avgPool2d(need(inputs, "x"), { ...poolOptions(attr), countIncludePad: attr["count_include_pad"] as boolean | undefined }),
  batch_norm: (inputs, attr) => {
    const { y, runningMean, runningVar } = ops.batchNorm(need(inputs, "x"), {
      ...affine(inputs),
      training: attr["training"] === true,
      runningMean: need(inputs, "running_mean"),
      runningVar: need(inputs, "running_var"),
      momentum: attr["momentum"] as number,
    });
    return { y, running_mean: runningMean as Tensor, running_var: runningVar as Tensor };
  },
  bce_with_logits: (inputs, attr) =>
    ops.bceWithLogits(need(inputs, "logits"), need(inputs, "target"), {
      ...(inputs["weight"] && { weight: inputs["weight"] }),
      ...(inputs["pos_weight"] && { posWeight: inputs["pos_weight"] }),
      ...(attr["reduction"] !== undefined && { reduction: attr["reduction"] as "sum" }),
    }),
  cholesky: unary(ops.cholesky),
  conv1d: (inputs, attr) => ops.conv1d(need(inputs, "x"), need(inputs, "w"), { ...(attr as Record<string, number>), bias: inputs["b"] }),
  conv2d: (inputs, attr) => ops.conv2d(need(inputs, "x"), need(inputs, "w"), { ...(attr as object), bias: inputs["b"] }),
  conv_transpose2d: (inputs, { output_padding, ...attr }) =>
    ops.convTranspose2d(need(inputs, "x"), need(inputs, "w"), {
      ...(attr as object),
      outputPadding: (output_padding ?? 0) as number,
      bias: inputs["b"],
    }),
  cross_entropy: (inputs, attr) =>
    ops.crossEntropy(need(inputs, "logits"), need(inputs, "target"), {
      ...(inputs["class_weight"] && { weight: inputs["class_weight"] }),
      ...(attr["ignore_index"] !== undefined && { ignoreIndex: attr["ignore_index"] as number }),
      ...(attr["label_smoothing"] !== undefined && { labelSmoothing: attr["label_smoothing"] as number }),
      ...(attr["reduction"] !== undefined && { reduction: attr["reduction"] as "sum" }),
      axis: 1,
    }),
  cumsum: along(ops.cumsum),
  div: binary(ops.div),
  eigvalsh: unary(ops.eigvalsh),
  einsum: (inputs, attr) => ops.einsum(attr["equation"] as string, ...["a", "b", "c"].flatMap((name) => inputs[name] ?? [])),
  elu: (inputs, attr) => ops.elu(need(inputs, "x"), attr["alpha"] as number | undefined),
  embedding: (inputs, attr) =>
    ops.embedding(
      need(inputs, "ids"),
      need(inputs, "table"),
      attr["padding_idx"] === undefined ? {} : { paddingIndex: attr["padding_idx"] as number },
    ),
  gather: (inputs, attr) => ops.gather(need(inputs, "x"), need(inputs, "index"), attr["dim"] as number),
  gelu: (inputs, attr) => ops.gelu(need(inputs, "x"), { approximate: (attr["approximate"] ?? "none") as "none" | "tanh" }),
  gru: (inputs) => ({ ...gru(need(inputs, "x"), inputs, { h0: need(inputs, "h0"), batchFirst: true }) }),
  group_norm: (inputs, attr) => ops.groupNorm(need(inputs, "x"), attr["groups"] as number, affine(inputs)),
  huber: loss(ops.huber),
  kl_div: loss(ops.klDiv, { log_target: "logTarget" }),
  l1: loss(ops.l1),
  layer_norm: (inputs, attr) =>
    ops.layerNorm(need(inputs, "x"), {
      ...affine(inputs),
      axes: (attr["normalized_shape"] as number[]).length,
      ...(attr["eps"] !== undefined && { eps: attr["eps"] as number }),
    }),
  leaky_relu: (inputs, attr) => ops.leakyRelu(need(inputs, "x"), attr["negative_slope"] as number | undefined),
  linear: (inputs) => linear(need(inputs, "x"), need(inputs, "w"), inputs["b"]),
  log_softmax: along(ops.logSoftmax),
  logsumexp: over(ops.logSumExp),
  lstm: (inputs) => ({ ...lstm(need(inputs, "x"), inputs, { h0: need(inputs, "h0"), c0: need(inputs, "c0"), batchFirst: true }) }),
  matmul: (inputs, attr) =>
    ops.matmul(need(inputs, "a"), need(inputs, "b"), {
      transposeA: attr["transpose_a"] === true,
      transposeB: attr["transpose_b"] === true,
    }),
  max: over(ops.max),
  max_pool2d: (inputs, attr) => {
    const options = { ...poolOptions(attr), dilation: attr["dilation"] as number[] | undefined };
    const { values: y, indices } = ops.maxPool2dWithIndices(need(inputs, "x"), options);
    return { y, indices };
  },
  maximum: binary(ops.maximum),
  mean: over(ops.mean),
  min: over(ops.min),
  minimum: binary(ops.minimum),
  mish: unary(ops.mish),
  mse: loss(ops.mse),
  mul: binary(ops.mul),
  pow: binary(ops.pow),
  pow_scalar: (inputs, attr) => ops.pow(need(inputs, "x"), (attr["exponent"] ?? 2) as number),
  prod: over(ops.prod),
  relu: unary(ops.relu),
  rms_norm: (inputs, attr) => ops.rmsNorm(need(inputs, "x"), { ...affine(inputs), eps: attr["eps"] as number }),
  scatter_add: (inputs, attr) => ops.scatterAdd(need(inputs, "x"), need(inputs, "index"), need(inputs, "src"), attr["dim"] as number),
  rope: (inputs, attr) =>
    ops.rope(need(inputs, "x"), need(inputs, "positions"), MOST_POSITION, {
      ...(attr["theta"] !== undefined && { theta: attr["theta"] as number }),
      ...(attr["rotary_dim"] !== undefined && { rotaryDim: attr["rotary_dim"] as number }),
      interleaved: attr["interleaved"] === true,
    }),
  scaled_dot_product_attention: (inputs, attr) =>
    ops.scaledDotProductAttention(need(inputs, "q"), need(inputs, "k"), need(inputs, "v"), {
      causal: attr["causal"] === true,
      ...(attr["scale"] !== undefined && { scale: attr["scale"] as number }),
      ...(inputs["mask"] && { bias: inputs["mask"] }),
    }),
  sigmoid: unary(ops.sigmoid),
  silu: unary(ops.silu),
  smooth_l1: loss(ops.smoothL1),
  softmax: along(ops.softmax),
  softplus: (inputs, attr) => ops.softplus(need(inputs, "x"), { beta: (attr["beta"] ?? 1) as number }),
  solve_triangular: (inputs, attr) =>
    ops.triangularSolve(need(inputs, "a"), need(inputs, "b"), {
      lower: attr["upper"] !== true,
      left: attr["left"] !== false,
      unit: attr["unitriangular"] === true,
    }),
  sort: (inputs, attr) => ({ ...ops.sort(need(inputs, "x"), (attr["dim"] ?? -1) as number, { descending: attr["descending"] === true }) }),
  sub: binary(ops.sub),
  sum: over(ops.sum),
  tanh: unary(ops.tanh),
  topk: (inputs, attr) => ({
    ...ops.topK(need(inputs, "x"), attr["k"] as number, (attr["dim"] ?? -1) as number, { largest: attr["largest"] !== false }),
  }),
  var: (inputs, attr) =>
    ops.variance(need(inputs, "x"), axesOf(attr), { keepDims: attr["keepdim"] === true, correction: (attr["correction"] ?? 1) as number }),
  where: (inputs) => ops.where(need(inputs, "condition"), need(inputs, "a"), need(inputs, "b")),
};

/** Our function for one of PyTorch's; undefined for an op that this table has never heard of. */
export function goldenFunction(op: string): GoldenFunction | undefined {
  return FUNCTIONS[op];
}

/** Names in the table, to be held against the goldens' own. */
export const TABLE: readonly string[] = Object.keys(FUNCTIONS).sort();

export function readGoldenIndex(folder: string): GoldenCase[] {
  return JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as GoldenCase[];
}

export interface Comparison {
  /** `out.y`, `din.x`, …. */
  readonly name: string;
  readonly got: NdArray;
  readonly expected: NdArray;
}

/** One file's outputs and gradients as an executor computes them, in f32 or f64, beside PyTorch's float64 values. */
export async function runGolden(
  folder: string,
  golden: GoldenCase,
  f: GoldenFunction,
  execute: Executor,
  float: "f32" | "f64",
): Promise<Comparison[]> {
  const path = join(folder, golden.file);
  const file = openSafetensors(readFileSync(path), path);
  const read = (name: string): NdArray => {
    const { shape, data, dtype: stored } = file.read(name);
    const dtype: DType = isFloat(stored) ? float : stored;
    return { shape: [...shape], dtype, data: Float64Array.from(data as ArrayLike<number>) };
  };
  const named = (prefix: string) =>
    [...file.entries.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const graph = new Graph();
  const feeds = new Map<Tensor, NdArray>();
  const input = (name: string): Tensor => {
    const array = read(name);
    const tensor = graph.input(name, { shape: array.shape, dtype: array.dtype });
    feeds.set(tensor, array);
    return tensor;
  };
  const inputs = Object.fromEntries(named("in.").map((name) => [name, input(`in.${name}`)]));
  const result = withGraph(graph, () => f(inputs, golden.attr));
  const outputs: Record<string, Tensor> = result instanceof Tensor ? { y: result } : result;
  const flowing = named("dout.");
  const wanted = named("din.");
  const cotangents = flowing.map((name) => input(`dout.${name}`));
  const slopes =
    wanted.length === 0
      ? []
      : vjp(
          flowing.map((name) => need(outputs, name)),
          cotangents,
          wanted.map((name) => need(inputs, name)),
        );
  const names = [...named("out.").map((name) => `out.${name}`), ...wanted.map((name) => `din.${name}`)];
  const values = await execute(graph, [...named("out.").map((name) => need(outputs, name)), ...slopes], feeds);
  return names.map((name, i) => ({ name, got: values[i] as NdArray, expected: read(name) }));
}

/** Largest |got − expected| / (|expected| + scale), scale the largest value but at most 1; infinite where shapes, NaN or infinities disagree. */
export function goldenError({ got, expected }: Comparison): number {
  if (got.shape.join() !== expected.shape.join() || isFloat(got.dtype) !== isFloat(expected.dtype)) return Infinity;
  const scale = Math.min(
    1,
    expected.data.reduce((largest, v) => (Number.isFinite(v) ? Math.max(largest, Math.abs(v)) : largest), 0),
  );
  let worst = 0;
  expected.data.forEach((e, i) => {
    const g = got.data[i] as number;
    if (g === e) return;
    const error = Math.abs(g - e) / (Math.abs(e) + scale);
    worst = Number.isFinite(error) ? Math.max(worst, error) : Infinity;
  });
  return worst;
}

/** Largest |got − expected| over the largest |expected|: the measure of a case's `f32_error`. */
export function errorOfLargest({ got, expected }: Comparison): number {
  if (got.shape.join() !== expected.shape.join()) return Infinity;
  const largest = expected.data.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), Number.MIN_VALUE);
  return expected.data.reduce((worst, e, i) => {
    const difference = got.data[i] === e ? 0 : Math.abs((got.data[i] as number) - e);
    return Math.max(worst, Number.isNaN(difference) ? Infinity : difference / largest);
  }, 0);
}
