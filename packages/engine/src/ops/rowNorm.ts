/** What layerNorm and rmsNorm share: operands, the float64 references, their composition of other ops, launches and cases. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import { type FloatDType, isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { CaseInput, Count, LaunchContext, OpCase } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Node, Spec, Tensor } from "../tensor.js";
import { add } from "./add.js";
import { centredOver } from "./centred.js";
import { specOf } from "./identity.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

/** Subtracts the mean (layerNorm) or not (rmsNorm). */
export type RowNormKind = "layerNorm" | "rmsNorm";

export type RowNormAttrs = {
  readonly eps: number;
  /** How many trailing axes are one row. */
  readonly axes: number;
  readonly weight: boolean;
  readonly bias: boolean;
  /** A second input is added to the first before, and the sum is the first output. */
  readonly residual: boolean;
};

export type RowNormBackwardAttrs = {
  readonly eps: number;
  readonly axes: number;
  readonly weight: boolean;
  /** Gradients of weight and bias are outputs too. */
  readonly affine: boolean;
  /** What flows back to the sum besides its norm is an input. */
  readonly extra: boolean;
};

interface Rows {
  readonly rows: number;
  readonly n: number;
  readonly own: Shape;
}

export function rowsOf(x: Spec, axes: number): Rows {
  const own = x.shape.slice(x.shape.length - axes);
  return { rows: sizeOf(x.shape.slice(0, x.shape.length - axes)), n: sizeOf(own), own };
}

/** Throws unless `x` is floating-point with `axes` trailing axes, and every one of `affine` has their shape and its type. */
export function checkRowNorm(op: string, x: Spec, axes: number, affine: readonly (readonly [string, Spec])[]): void {
  if (!isFloat(x.dtype) || axes < 1 || x.shape.length < axes) {
    throw new TetradError("SHAPE", {
      op,
      what: "needs a floating-point tensor with the axes to normalise",
      got: `${x.dtype} ${formatShape(x.shape)}`,
      expected: `at least ${Math.max(1, axes)} axes`,
    });
  }
  if (x.bound !== undefined && x.shape.length === axes)
    throw new TetradError("UNSUPPORTED", { op, what: `cannot normalise over the bounded axis "${x.bound.name}"` });
  const { own } = rowsOf(x, axes);
  for (const [name, spec] of affine) {
    if (sameShape(spec.shape, own) && spec.dtype === x.dtype) continue;
    throw new TetradError("SHAPE", {
      op,
      what: `${name} does not fit the normalised axes`,
      got: `${spec.dtype} ${formatShape(spec.shape)}`,
      expected: `${x.dtype} ${formatShape(own)}`,
    });
  }
}

export function checkResidual(op: string, x: Spec, residual: Spec): void {
  if (!sameShape(x.shape, residual.shape) || x.dtype !== residual.dtype) {
    throw new TetradError("SHAPE", {
      op,
      what: "the residual differs from what it is added to",
      got: `${residual.dtype} ${formatShape(residual.shape)}`,
      expected: `${x.dtype} ${formatShape(x.shape)}`,
    });
  }
}

export function inferRowNorm(op: string, inputs: readonly Spec[], attrs: RowNormAttrs): Spec[] {
  const { x, residual, weight, bias } = splitInputs(inputs, attrs);
  checkRowNorm(op, x, attrs.axes, [...(weight ? [["weight", weight] as const] : []), ...(bias ? [["bias", bias] as const] : [])]);
  if (residual !== undefined) checkResidual(op, x, residual);
  return residual === undefined ? [specOf(x)] : [specOf(x), specOf(x)];
}

export function inferRowNormBackward(op: string, inputs: readonly Spec[], attrs: RowNormBackwardAttrs): Spec[] {
  const { x, dy, weight } = splitBackward(inputs, attrs);
  checkRowNorm(op, x, attrs.axes, weight ? [["weight", weight]] : []);
  checkResidual(op, x, dy);
  const parameter: Spec = { shape: rowsOf(x, attrs.axes).own, dtype: x.dtype };
  return attrs.affine ? [specOf(x), parameter, parameter] : [specOf(x)];
}

/** Inputs of the forward op: x, perhaps residual, weight, bias. */
export function splitInputs<T>(inputs: readonly T[], { residual, weight, bias }: Pick<RowNormAttrs, "residual" | "weight" | "bias">) {
  let next = 1;
  const take = (given: boolean) => (given ? (inputs[next++] as T) : undefined);
  return { x: inputs[0] as T, residual: take(residual), weight: take(weight), bias: take(bias) };
}

/** Inputs of the backward op: x (the sum, where there is a residual), dy, perhaps extra, weight. */
export function splitBackward<T>(inputs: readonly T[], { extra, weight }: Pick<RowNormBackwardAttrs, "extra" | "weight">) {
  return {
    x: inputs[0] as T,
    dy: inputs[1] as T,
    extra: extra ? inputs[2] : undefined,
    weight: weight ? inputs[extra ? 3 : 2] : undefined,
  };
}

/** What the reference normalises: x, with the residual added where there is one. */
export function summed(x: NdArray, residual: NdArray | undefined): NdArray {
  return residual === undefined ? x : { ...x, data: x.data.map((v, i) => v + (residual.data[i] as number)) };
}

export function rowNormReference(kind: RowNormKind, inputs: readonly NdArray[], attrs: RowNormAttrs): NdArray[] {
  const { x: first, residual, weight, bias } = splitInputs(inputs, attrs);
  const x = summed(first, residual);
  const { rows, n } = rowsOf(x, attrs.axes);
  const y = ndZeros(x.shape, x.dtype);
  for (let r = 0; r < rows; r++) {
    normalisedRow(kind, x.data.subarray(r * n, (r + 1) * n), attrs.eps).normal.forEach((v, i) => {
      y.data[r * n + i] = v * (weight?.data[i] ?? 1) + (bias?.data[i] ?? 0);
    });
  }
  return residual === undefined ? [y] : [x, y];
}

function normalisedRow(kind: RowNormKind, row: Float64Array, eps: number): { normal: Float64Array; inverse: number } {
  const average = (values: Float64Array) => values.reduce((total, v) => total + v, 0) / values.length;
  // A plain sum of numbers far from zero rounds by more than f64 kernels are allowed to be off; what is left of the mean sets it right.
  const near = kind === "layerNorm" ? average(row) : 0;
  const rest = kind === "layerNorm" ? average(row.map((v) => v - near)) : 0;
  const d = row.map((v) => v - near - rest);
  const inverse = 1 / Math.sqrt(average(d.map((v) => v * v)) + eps);
  return { normal: d.map((v) => v * inverse), inverse };
}

export function rowNormBackwardReference(kind: RowNormKind, inputs: readonly NdArray[], attrs: RowNormBackwardAttrs): NdArray[] {
  const { x, dy, extra, weight } = splitBackward(inputs, attrs);
  const { rows, n, own } = rowsOf(x, attrs.axes);
  const dx = ndZeros(x.shape, x.dtype);
  const [dweight, dbias] = [ndZeros(own, x.dtype), ndZeros(own, x.dtype)];
  for (let r = 0; r < rows; r++) {
    const { normal, inverse } = normalisedRow(kind, x.data.subarray(r * n, (r + 1) * n), attrs.eps);
    const slopes = dy.data.subarray(r * n, (r + 1) * n);
    const g = slopes.map((v, i) => v * (weight?.data[i] ?? 1));
    const total = kind === "layerNorm" ? g.reduce((part, v) => part + v, 0) / n : 0;
    const product = g.reduce((part, v, i) => part + v * (normal[i] as number), 0) / n;
    g.forEach((v, i) => {
      dx.data[r * n + i] = inverse * (v - total - (normal[i] as number) * product) + (extra?.data[r * n + i] ?? 0);
      dweight.data[i] = (dweight.data[i] as number) + (slopes[i] as number) * (normal[i] as number);
      dbias.data[i] = (dbias.data[i] as number) + (slopes[i] as number);
    });
  }
  return attrs.affine ? [dx, dweight, dbias] : [dx];
}

const trailing = (x: Tensor, axes: number) => Array.from({ length: axes }, (_, i) => x.rank - axes + i);

function normalised(kind: RowNormKind, x: Tensor, { axes, eps }: { readonly axes: number; readonly eps: number }) {
  const over = trailing(x, axes);
  const d = kind === "layerNorm" ? centredOver(x, over) : x;
  const inverse = rsqrt(add(mean(square(d), over, { keepDims: true }), eps));
  return { normal: mul(d, inverse), inverse, over };
}

export function rowNormByOps(kind: RowNormKind): (inputs: readonly Tensor[], attrs: RowNormAttrs) => readonly Tensor[] {
  return (inputs, attrs) => {
    const { x: first, residual, weight, bias } = splitInputs(inputs, attrs);
    const x = residual === undefined ? first : add(first, residual);
    const { normal } = normalised(kind, x, attrs);
    const scaled = weight === undefined ? normal : mul(normal, weight);
    const y = bias === undefined ? scaled : add(scaled, bias);
    return residual === undefined ? [y] : [x, y];
  };
}

export function rowNormBackwardByOps(kind: RowNormKind): (inputs: readonly Tensor[], attrs: RowNormBackwardAttrs) => readonly Tensor[] {
  return (inputs, attrs) => {
    const { x, dy, extra, weight } = splitBackward(inputs, attrs);
    const { normal, inverse, over } = normalised(kind, x, attrs);
    const g = weight === undefined ? dy : mul(dy, weight);
    const product = mul(normal, mean(mul(g, normal), over, { keepDims: true }));
    const centred = kind === "layerNorm" ? sub(g, mean(g, over, { keepDims: true })) : g;
    const own = mul(inverse, sub(centred, product));
    const dx = extra === undefined ? own : add(own, extra);
    const outer = Array.from({ length: x.rank - attrs.axes }, (_, i) => i);
    return attrs.affine ? [dx, sum(mul(dy, normal), outer), sum(dy, outer)] : [dx];
  };
}

function rowWordsOf(x: Tensor, axes: number): [Count, Count] {
  const { rows, n } = rowsOf(x, axes);
  return [x.bound === undefined || x.size === 0 ? rows : { live: x.bound, times: rows / (x.shape[0] as number) }, n];
}

/** Words as in norm/normalise.ts; x stands in for what is absent, unread. */
export function launchRowNorm(context: LaunchContext, node: Node, kernel: BaseKernel, attrs: RowNormAttrs): void {
  const { x, residual, weight, bias } = splitInputs(node.inputs, attrs);
  const inputs = [x, ...(residual === undefined ? [] : [residual]), weight ?? x, bias ?? x];
  context.emit({
    kernel,
    dtype: x.dtype as FloatDType,
    outputs: node.outputs,
    inputs: inputs.map((input) => context.contiguous(input)),
    scalars: [...rowWordsOf(x, attrs.axes), Number(attrs.weight), Number(attrs.bias), { f64: attrs.eps }],
    flops: 8 * x.size,
  });
}

/** Rows whose column sums are kept together, and the most such chunks: partial sums cost a thirtieth of the traffic, and enough chunks for many threads. */
const CHUNK_ROWS = 32;
const MOST_CHUNKS = 64;

/** Words as in norm/backward.ts, then the chunks' sums are added. */
export function launchRowNormBackward(context: LaunchContext, node: Node, kernel: BaseKernel, attrs: RowNormBackwardAttrs): void {
  const { x, dy, extra, weight } = splitBackward(node.inputs, attrs);
  const dtype = x.dtype as FloatDType;
  const { rows, n } = rowsOf(x, attrs.axes);
  const chunks = Math.min(MOST_CHUNKS, Math.max(1, Math.ceil(rows / CHUNK_ROWS)));
  const [dx, ...parameters] = node.outputs as readonly [Tensor, ...Tensor[]];
  const partials = context.temp({ shape: attrs.affine ? [chunks, 2, n] : [1], dtype });
  context.emit({
    kernel,
    dtype,
    outputs: [dx, partials],
    inputs: [x, dy, extra ?? x, weight ?? x].map((input) => context.contiguous(input)),
    scalars: [...rowWordsOf(x, attrs.axes), Number(attrs.weight), Number(attrs.affine), Number(attrs.extra), chunks, { f64: attrs.eps }],
    flops: 16 * x.size,
  });
  parameters.forEach((y, i) => {
    context.emit({
      kernel: "reduce_sum",
      dtype,
      outputs: [y],
      inputs: [{ base: partials, offset: i * n, shape: [chunks, n], strides: [2 * n, 1] }],
      scalars: [n, chunks, 1, n, 1, 1, chunks, 2 * n],
      flops: chunks * n,
    });
  });
}

const EXTENTS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 257] as const;

/** Cases of shapes; `inputs` and `attrs` say what an op makes of one. eps is large where few elements make σ small and the function steep. */
function shapeCases<A>(
  inputs: (shape: Shape, axes: number, transposed: boolean, range: [number, number]) => CaseInput[],
  attrs: (eps: number, axes: number) => A,
) {
  const of = (name: string, shape: Shape, { axes = 1, transposed = false, eps = 0.1, range = [-2, 2] as [number, number] } = {}) => ({
    name,
    inputs: inputs(shape, axes, transposed, range),
    attrs: attrs(eps, axes),
  });
  return [
    ...EXTENTS.map((n) => of(`row ${n}`, [3, n])),
    ...[0, 1, 2, 3, 7, 8, 9, 33].map((n) => of(`rows ${n}`, [n, 5])),
    of("vector", [17]),
    of("three axes", [2, 3, 9]),
    of("two axes are a row", [4, 3, 5], { axes: 2 }),
    of("transposed", [9, 17], { transposed: true }),
    of("past a block", [3, 1041], { eps: 1e-5 }),
    of("long", [2, 4099], { eps: 1e-5 }),
    of("many rows", [131, 36], { eps: 1e-5 }),
    of("past all chunks", [2085, 5]),
    of("far from zero", [3, 385], { eps: 1e-5, range: [99, 101] }),
  ];
}

/** Every combination of weight and bias at one shape, and weight with bias at all. */
export function rowNormCases(residual: boolean, hasBias: boolean): OpCase<RowNormAttrs>[] {
  const cases = (weight: boolean, bias: boolean) =>
    shapeCases<RowNormAttrs>(
      (shape, axes, transposed, range) => [
        ...Array.from({ length: residual ? 2 : 1 }, () => ({ shape, transposed, range })),
        ...Array.from({ length: Number(weight) + Number(bias) }, () => ({ shape: shape.slice(shape.length - axes) })),
      ],
      (eps, axes) => ({ eps, axes, weight, bias, residual }),
    );
  const plain = (weight: boolean, bias: boolean, name: string) =>
    cases(weight, bias)
      .filter((single) => ["row 17", "rows 3"].includes(single.name))
      .map((single) => ({ ...single, name: `${single.name}, ${name}` }));
  return [
    ...cases(true, hasBias),
    ...plain(false, false, "no weight"),
    ...(hasBias ? [...plain(true, false, "no bias"), ...plain(false, true, "bias only")] : []),
  ];
}

export function rowNormBackwardCases(): OpCase<RowNormBackwardAttrs>[] {
  const cases = (weight: boolean, affine: boolean, extra: boolean) =>
    shapeCases<RowNormBackwardAttrs>(
      (shape, axes, transposed, range) => [
        { shape, transposed, range },
        { shape },
        ...(extra ? [{ shape }] : []),
        ...(weight ? [{ shape: shape.slice(shape.length - axes) }] : []),
      ],
      (eps, axes) => ({ eps, axes, weight, affine, extra }),
    );
  const plain = (weight: boolean, affine: boolean, extra: boolean, name: string) =>
    cases(weight, affine, extra)
      .filter((single) => ["row 17", "rows 3", "rows 7", "row 257"].includes(single.name))
      .map((single) => ({ ...single, name: `${single.name}, ${name}` }));
  return [
    ...cases(true, true, false),
    ...plain(false, false, false, "no weight"),
    ...plain(false, true, false, "bias only"),
    ...plain(true, true, true, "extra"),
    ...plain(false, false, true, "extra, no weight"),
  ];
}
