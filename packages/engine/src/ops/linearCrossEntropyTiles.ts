/** What the linear cross-entropy and its gradient share: operands, the target of a row, launch words and cases. */

import type { FloatDType } from "../dtype.js";
import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import type { CaseInput, LaunchContext, OpCase, Scalar } from "../op.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { targetRow } from "./crossEntropyRows.js";
import { liveCount } from "./strided.js";

export type LinearCrossEntropyAttrs = {
  readonly bias: boolean;
  /** The weight stands still: its gradient is not computed. */
  readonly frozen: boolean;
  readonly ignoreIndex: number;
  readonly smoothing: number;
  /** Rows and words of logits that exist at a time. */
  readonly rows: number;
  readonly words: number;
};

/** Tiles of 2 MiB in f32, which an L2 cache holds, tall enough that packing W costs GEMM a thirtieth. */
export const TILE_ROWS = 256;
export const TILE_WORDS = 2048;
/** Rows whose state a thread's scratch holds. */
const MOST_ROWS = 4000;

export function checkLinearOperands(
  op: string,
  x: Spec,
  w: Spec,
  labels: Spec,
  bias: Spec | undefined,
  { rows, words }: LinearCrossEntropyAttrs,
): void {
  const [t, c] = x.shape as readonly [number, number];
  const fits =
    isFloat(x.dtype) &&
    x.shape.length === 2 &&
    w.shape.length === 2 &&
    w.shape[1] === c &&
    c > 0 &&
    (w.shape[0] as number) > 0 &&
    w.dtype === x.dtype;
  if (!fits) {
    throw new TetradError("SHAPE", {
      op,
      what: "x and weight do not fit",
      got: `${x.dtype} ${formatShape(x.shape)} and ${w.dtype} ${formatShape(w.shape)}`,
      expected: "floating-point [T, C] and [V, C] of one type, none of C and V zero",
    });
  }
  if (labels.dtype !== "i32" || !sameShape(labels.shape, [t])) {
    throw new TetradError("SHAPE", {
      op,
      what: "labels do not fit the rows of x",
      got: `${labels.dtype} ${formatShape(labels.shape)}`,
      expected: `i32 [${t}]`,
    });
  }
  if (bias !== undefined && (bias.dtype !== x.dtype || !sameShape(bias.shape, [w.shape[0] as number]))) {
    throw new TetradError("SHAPE", {
      op,
      what: "the bias does not fit the words",
      got: `${bias.dtype} ${formatShape(bias.shape)}`,
      expected: `${x.dtype} [${w.shape[0]}]`,
    });
  }
  if (!(Number.isInteger(rows) && rows > 0 && rows <= MOST_ROWS && Number.isInteger(words) && words > 0))
    throw new TetradError("ARGUMENT", {
      op,
      what: "a tile needs whole numbers of rows and words",
      got: `${rows} × ${words}`,
      expected: `1 to ${MOST_ROWS} rows, at least 1 word`,
    });
}

/** Logits of one row in float64. */
export function logitsRow(x: NdArray, w: NdArray, bias: NdArray | undefined, row: number): Float64Array {
  const [v, c] = w.shape as readonly [number, number];
  return Float64Array.from({ length: v }, (_, j) => {
    let total = bias?.data[j] ?? 0;
    for (let k = 0; k < c; k++) total += (x.data[row * c + k] as number) * (w.data[j * c + k] as number);
    return total;
  });
}

/** q of a row: undefined where it is ignored, NaN where the label is no word. */
export function smoothedTarget(labels: NdArray, attrs: LinearCrossEntropyAttrs, row: number, words: number): Float64Array | undefined {
  return targetRow(labels, undefined, attrs, row, words);
}

/** A tile of the plan's own and the words after the pointers, as in loss/tile.ts. */
export function tileOf(context: LaunchContext, x: Tensor, w: Tensor, attrs: LinearCrossEntropyAttrs): { tile: Tensor; words: Scalar[] } {
  const [t, c] = x.shape as readonly [number, number];
  const v = w.shape[0] as number;
  const rows = Math.max(1, Math.min(attrs.rows, t));
  const words = Math.min(attrs.words, v);
  return {
    tile: context.temp({ shape: [rows, words], dtype: x.dtype as FloatDType }),
    words: [
      liveCount(t, x.bound, t),
      c,
      v,
      rows,
      words,
      Number(attrs.bias),
      Number(attrs.frozen),
      attrs.ignoreIndex,
      { f64: attrs.smoothing },
    ],
  };
}

/** Operations of `products` GEMMs and as many exponentials of the logits. */
export function flopsOf(x: Spec, w: Spec, products: number): number {
  return products * 2 * sizeOf(x.shape) * (w.shape[0] as number) + 24 * (x.shape[0] as number) * (w.shape[0] as number);
}

/** `extra` are inputs per row after the labels. */
export function linearCrossEntropyCases(extra: readonly (readonly [number, number])[]): OpCase<LinearCrossEntropyAttrs>[] {
  const plain = { bias: false, frozen: false, ignoreIndex: -100, smoothing: 0, rows: 4, words: 8 };
  const of = (name: string, t: number, c: number, v: number, own: Partial<LinearCrossEntropyAttrs> = {}) => {
    const attrs = { ...plain, ...own };
    const labels = Array.from({ length: t }, (_, i) => (7 * i + 3) % v);
    const inputs: CaseInput[] = [
      { shape: [t, c], range: [-1, 1] },
      { shape: [v, c], range: [-1, 1], frozen: attrs.frozen },
      { shape: [t], dtype: "i32", values: labels, frozen: true },
      ...extra.map((range): CaseInput => ({ shape: [t], range })),
      ...(attrs.bias ? [{ shape: [v] }] : []),
    ];
    return { name, inputs, attrs };
  };
  return [
    ...[1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65].map((v) => of(`${v} words`, 3, 5, v)),
    ...[0, 1, 2, 4, 5, 9, 33].map((t) => of(`${t} rows`, t, 3, 11)),
    ...[1, 2, 8, 17, 33].map((c) => of(`${c} channels`, 5, c, 9, { bias: true })),
    of("ignored", 9, 4, 13, { ignoreIndex: 3 }),
    of("smoothing", 9, 4, 13, { smoothing: 0.1, ignoreIndex: 4, bias: true }),
    of("all smooth", 3, 4, 13, { smoothing: 1 }),
    of("one tile", 9, 4, 13, { rows: TILE_ROWS, words: TILE_WORDS, bias: true }),
    of("weight that stands still", 9, 4, 13, { frozen: true, bias: true }),
    of("weight that stands still, no rows", 0, 3, 11, { frozen: true }),
    of("many tiles", 37, 9, 65, { rows: 3, words: 5, smoothing: 0.2 }),
  ];
}
