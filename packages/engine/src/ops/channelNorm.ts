/** What batchNorm and groupNorm share: channels on axis 1, operands, float64 references by units of elements, compositions, launch words and cases. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { CaseInput, OpCase } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add } from "./add.js";
import { mul } from "./mul.js";
import { reshape } from "./reshape.js";
import { checkResidual, splitBackward, splitInputs, summed } from "./rowNorm.js";

export type ChannelNormAttrs = {
  readonly eps: number;
  readonly weight: boolean;
  readonly bias: boolean;
  /** A second input is added to the first before, and the sum is the first output. */
  readonly residual: boolean;
};

export type ChannelNormBackwardAttrs = {
  readonly eps: number;
  readonly weight: boolean;
  /** What flows back to x besides its norm is an input. */
  readonly extra: boolean;
};

/** N samples, C channels, S elements of a channel in a sample. */
export function channelsOf(shape: Shape): { readonly n: number; readonly c: number; readonly s: number } {
  return { n: shape[0] as number, c: shape[1] as number, s: sizeOf(shape.slice(2)) };
}

/** Axes that a channel's statistics run over: all but axis 1. */
export function batchAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 1);
}

/** Throws unless x is floating-point (N, C, …) with elements in its channels, and every one of `affine` is (C) of its type. */
export function checkChannels(op: string, x: Spec, affine: readonly (readonly [string, Spec | undefined])[]): void {
  if (!isFloat(x.dtype) || x.shape.length < 2 || sizeOf(x.shape.slice(1)) === 0) {
    throw new TetradError("SHAPE", {
      op,
      what: "needs a floating-point tensor of samples and channels that are not empty",
      got: `${x.dtype} ${formatShape(x.shape)}`,
      expected: "[N, C, …]",
    });
  }
  const { c } = channelsOf(x.shape);
  for (const [name, spec] of affine) {
    if (spec === undefined || (sameShape(spec.shape, [c]) && spec.dtype === x.dtype)) continue;
    throw new TetradError("SHAPE", {
      op,
      what: `${name} does not fit the channels`,
      got: `${spec.dtype} ${formatShape(spec.shape)}`,
      expected: `${x.dtype} [${c}]`,
    });
  }
}

/** checkChannels for the inputs of a forward op, which splitInputs takes apart. */
export function checkForward(op: string, inputs: readonly Spec[], attrs: ChannelNormAttrs): void {
  const { x, residual, weight, bias } = splitInputs(inputs, attrs);
  checkChannels(op, x, [
    ["weight", weight],
    ["bias", bias],
  ]);
  if (residual !== undefined) checkResidual(op, x, residual);
}

/** checkChannels for the inputs of a backward op, which splitBackward takes apart: dy and extra are shaped as x. */
export function checkBackward(op: string, inputs: readonly Spec[], attrs: ChannelNormBackwardAttrs): void {
  const { x, dy, extra, weight } = splitBackward(inputs, attrs);
  checkChannels(op, x, [["weight", weight]]);
  for (const [name, spec] of Object.entries({ dy, extra })) {
    if (spec === undefined || sameShape(x.shape, spec.shape)) continue;
    throw new TetradError("SHAPE", { op, what: `x and ${name} differ`, got: formatShape(spec.shape), expected: formatShape(x.shape) });
  }
}

/** A value per channel as (1, C, 1, …), to be broadcast against x. */
export function perChannel(values: Tensor, rank: number): Tensor {
  return reshape(values, [1, values.size, ...new Array<number>(rank - 2).fill(1)]);
}

export function affineByChannel(normal: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const scaled = weight === undefined ? normal : mul(normal, perChannel(weight, normal.rank));
  return bias === undefined ? scaled : add(scaled, perChannel(bias, normal.rank));
}

/** Visits the units of a partition: for each, the flat indices of its elements. */
type Units = (shape: Shape, visit: (unit: number, elements: readonly number[]) => void) => void;

/** A unit is a channel over the batch. */
export const channelUnits: Units = (shape, visit) => {
  const { n, c, s } = channelsOf(shape);
  for (let unit = 0; unit < c; unit++)
    visit(
      unit,
      Array.from({ length: n * s }, (_, i) => (Math.floor(i / s) * c + unit) * s + (i % s)),
    );
};

/** A unit is a group of channels in a sample. */
export function groupUnits(groups: number): Units {
  return (shape, visit) => {
    const { n, c, s } = channelsOf(shape);
    const length = (c / groups) * s;
    for (let unit = 0; unit < n * groups; unit++)
      visit(
        unit,
        Array.from({ length }, (_, i) => unit * length + i),
      );
  };
}

function unitMoments(data: Float64Array, elements: readonly number[]) {
  const average = (f: (v: number) => number) => elements.reduce((total, i) => total + f(data[i] as number), 0) / elements.length;
  // What a plain sum and the mean's own rounding lose is set right, or f64 kernels would be the more exact.
  const near = average((v) => v);
  const rest = average((v) => v - near);
  const centred = (i: number) => (data[i] as number) - near - rest;
  return { mean: near + rest, centred, variance: average((v) => (v - near - rest) ** 2) };
}

const channelOf = (shape: Shape, i: number) => Math.floor(i / channelsOf(shape).s) % channelsOf(shape).c;

/** The sum, y, and each unit's mean and population variance. */
export function normaliseReference(units: Units, inputs: readonly NdArray[], attrs: ChannelNormAttrs) {
  const { x: first, residual, weight, bias } = splitInputs(inputs, attrs);
  const x = summed(first, residual);
  const y = ndZeros(x.shape, x.dtype);
  const [means, variances]: [number[], number[]] = [[], []];
  units(x.shape, (_, elements) => {
    const { mean, centred, variance } = unitMoments(x.data, elements);
    means.push(mean);
    variances.push(variance);
    const inverse = 1 / Math.sqrt(variance + attrs.eps);
    for (const i of elements) {
      const channel = channelOf(x.shape, i);
      y.data[i] = centred(i) * inverse * (weight?.data[channel] ?? 1) + (bias?.data[channel] ?? 0);
    }
  });
  return { sum: x, y, means, variances };
}

/** dx, dweight, dbias. */
export function backwardReference(units: Units, inputs: readonly NdArray[], attrs: ChannelNormBackwardAttrs): NdArray[] {
  const { x, dy, extra, weight } = splitBackward(inputs, attrs);
  const { c } = channelsOf(x.shape);
  const [dx, dweight, dbias] = [ndZeros(x.shape, x.dtype), ndZeros([c], x.dtype), ndZeros([c], x.dtype)];
  units(x.shape, (_, elements) => {
    const { centred, variance } = unitMoments(x.data, elements);
    const inverse = 1 / Math.sqrt(variance + attrs.eps);
    const normal = (i: number) => centred(i) * inverse;
    const g = (i: number) => (dy.data[i] as number) * (weight?.data[channelOf(x.shape, i)] ?? 1);
    const total = elements.reduce((part, i) => part + g(i), 0) / elements.length;
    const product = elements.reduce((part, i) => part + g(i) * normal(i), 0) / elements.length;
    for (const i of elements) {
      const channel = channelOf(x.shape, i);
      dx.data[i] = inverse * (g(i) - total - normal(i) * product) + (extra?.data[i] ?? 0);
      dweight.data[channel] = (dweight.data[channel] as number) + (dy.data[i] as number) * normal(i);
      dbias.data[channel] = (dbias.data[channel] as number) + (dy.data[i] as number);
    }
  });
  return [dx, dweight, dbias];
}

const SHAPES: readonly Shape[] = [
  [2, 1],
  [3, 2],
  [7, 3],
  [9, 7],
  [33, 8],
  [17, 15],
  [65, 17],
  [5, 33],
  [257, 3],
  [2, 2, 1],
  [2, 4, 2],
  [3, 6, 3],
  [2, 3, 7],
  [1, 6, 8],
  [4, 2, 9],
  [3, 5, 15],
  [2, 6, 4, 4],
  [2, 3, 17],
  [3, 4, 31],
  [2, 2, 33],
  [3, 6, 5, 13],
  [2, 2, 257],
  [1, 2, 1041],
];

/** Cases over shapes; `attrs` gives those of a shape, or undefined where the op does not take it. eps is large, or few elements make the function steep. */
export function channelCases<A>(
  given: {
    readonly residual?: boolean;
    readonly dy?: boolean;
    readonly extra?: boolean;
    readonly weight?: boolean;
    readonly bias?: boolean;
  },
  attrs: (eps: number, shape: Shape) => A | undefined,
): OpCase<A & Record<string, unknown>>[] {
  const of = (name: string, shape: Shape, { transposed = false, eps = 0.1, range = [-2, 2] as [number, number] } = {}) => {
    const own = attrs(eps, shape);
    const inputs: CaseInput[] = [{ shape, transposed, range }];
    if (given.residual) inputs.push({ shape, transposed, range });
    for (const wanted of [given.dy, given.extra]) if (wanted) inputs.push({ shape });
    for (const wanted of [given.weight, given.bias]) if (wanted) inputs.push({ shape: [shape[1] as number] });
    return own === undefined ? [] : [{ name, inputs, attrs: own as A & Record<string, unknown> }];
  };
  return [
    ...SHAPES.flatMap((shape) => of(shape.join("x"), shape)),
    ...of("transposed", [12, 18], { transposed: true }),
    ...of("far from zero", [3, 6, 70], { eps: 1e-5, range: [99, 101] }),
    ...of("columns far from zero", [70, 6], { eps: 1e-2, range: [99, 101] }),
    ...of("past a split", [6, 6, 97], { eps: 1e-5 }),
    // Beyond the channels that the kernels take together: 64 of images, 1024 and 4096 of rows.
    ...of("past a block", [6, 67, 7], { eps: 1e-2 }),
    ...of("columns past a block", [4, 1041]),
    ...of("columns past a stretch", [2, 4113]),
  ];
}
