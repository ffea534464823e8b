/** What cross-entropy and its gradient share: the target distribution of a row, types, launch words and cases. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import type { CaseInput, LaunchContext, OpCase, Operand, Scalar } from "../op.js";
import { formatShape, type Shape, sameShape } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { rowWords } from "./rows.js";

export type CrossEntropyAttrs = { readonly ignoreIndex: number; readonly smoothing: number };

/** What a row is compared with: the smoothed target times class weights. Undefined for an ignored row, NaN for a label out of range. */
export function targetRow(
  target: NdArray,
  weight: NdArray | undefined,
  { ignoreIndex, smoothing }: CrossEntropyAttrs,
  row: number,
  classes: number,
): Float64Array | undefined {
  const q = new Float64Array(classes);
  if (target.dtype === "i32") {
    const label = target.data[row] as number;
    if (label === ignoreIndex) return undefined;
    if (label < 0 || label >= classes) return q.fill(NaN);
    q[label] = 1;
  } else q.set(target.data.subarray(row * classes, (row + 1) * classes));
  return q.map((p, c) => (weight === undefined ? 1 : (weight.data[c] as number)) * ((1 - smoothing) * p + smoothing / classes));
}

export function sumRow(row: Float64Array, term: (v: number, c: number) => number): number {
  return row.reduce((total, v, c) => total + term(v, c), 0);
}

export function checkOperands(logits: Spec, target: Spec, weight: Spec | undefined): void {
  const rows = logits.shape.slice(0, -1);
  const classes = logits.shape[logits.shape.length - 1];
  if (!isFloat(logits.dtype) || classes === undefined || classes === 0) {
    throw new TetradError("SHAPE", {
      op: "crossEntropy",
      what: "logits need a floating-point type and at least one class",
      got: `${logits.dtype} ${formatShape(logits.shape)}`,
    });
  }
  const labels = target.dtype === "i32";
  if (!labels && target.dtype !== logits.dtype) {
    throw new TetradError("DTYPE", {
      op: "crossEntropy",
      what: "the target's type does not fit",
      got: target.dtype,
      expected: `i32 labels or ${logits.dtype} probabilities`,
      hint: "cast it",
    });
  }
  const expected = labels ? rows : logits.shape;
  if (!sameShape(target.shape, expected)) {
    throw new TetradError("SHAPE", {
      op: "crossEntropy",
      what: "the target's shape does not fit the logits",
      got: formatShape(target.shape),
      expected: `${formatShape(expected)} of ${labels ? "labels" : "probabilities"}`,
    });
  }
  if (weight !== undefined && (weight.dtype !== logits.dtype || !sameShape(weight.shape, [classes]))) {
    throw new TetradError("SHAPE", {
      op: "crossEntropy",
      what: "class weights do not fit",
      got: `${weight.dtype} ${formatShape(weight.shape)}`,
      expected: `${logits.dtype} [${classes}]`,
    });
  }
}

/** Weights are the last pointer; without them the logits stand in, unread. Words: rows, classes, labels (1) or probabilities (0), weights given, ignored label, smoothing. */
export function crossEntropyOperands(
  context: LaunchContext,
  [logits, target, ...rest]: readonly Tensor[],
  weight: Tensor | undefined,
  attrs: CrossEntropyAttrs,
): { inputs: Operand[]; scalars: Scalar[] } {
  const [x, t] = [logits as Tensor, target as Tensor];
  return {
    inputs: [x, t, ...rest, weight ?? x].map((tensor) => context.contiguous(tensor)),
    scalars: [...rowWords(x), Number(t.dtype === "i32"), Number(weight !== undefined), attrs.ignoreIndex, { f64: attrs.smoothing }],
  };
}

/** Cases over row and class counts; `perRow` adds the gradient's own inputs. */
export function crossEntropyCases(perRow: number): OpCase<CrossEntropyAttrs>[] {
  const plain = { ignoreIndex: -100, smoothing: 0 };
  const labels = (rows: number, classes: number): CaseInput => ({
    shape: [rows],
    dtype: "i32",
    values: Array.from({ length: rows }, (_, i) => (7 * i + 3) % classes),
    frozen: true,
  });
  const extra = (rows: Shape): CaseInput[] => Array.from({ length: perRow }, () => ({ shape: rows, range: [0.2, 1.5] }));
  const weights = (classes: number): CaseInput => ({ shape: [classes], range: [0.2, 2], frozen: true });
  const logits = (shape: Shape, transposed = false): CaseInput => ({ shape, range: [-3, 3], transposed });
  const probabilities = (shape: Shape): CaseInput => ({ shape, range: [0.1, 0.4] });
  const cases: OpCase<CrossEntropyAttrs>[] = [];
  for (const classes of [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65, 257])
    cases.push({ name: `${classes} classes`, inputs: [logits([3, classes]), labels(3, classes), ...extra([3])], attrs: plain });
  for (const rows of [0, 1, 2, 9, 33])
    cases.push({ name: `${rows} rows`, inputs: [logits([rows, 5]), labels(rows, 5), ...extra([rows])], attrs: plain });
  cases.push(
    { name: "ignored", inputs: [logits([9, 7]), labels(9, 7), ...extra([9])], attrs: { ignoreIndex: 3, smoothing: 0.1 } },
    { name: "weights", inputs: [logits([9, 7]), labels(9, 7), ...extra([9]), weights(7)], attrs: { ignoreIndex: 2, smoothing: 0 } },
    {
      name: "weights and smoothing",
      inputs: [logits([9, 7]), labels(9, 7), ...extra([9]), weights(7)],
      attrs: { ignoreIndex: -100, smoothing: 0.2 },
    },
    { name: "probabilities", inputs: [logits([9, 5]), probabilities([9, 5]), ...extra([9])], attrs: { ...plain, smoothing: 0.1 } },
    { name: "weighted probabilities", inputs: [logits([3, 17]), probabilities([3, 17]), ...extra([3]), weights(17)], attrs: plain },
    { name: "three axes", inputs: [logits([2, 3, 5]), { ...labels(6, 5), shape: [2, 3] }, ...extra([2, 3])], attrs: plain },
    { name: "one row", inputs: [logits([9]), { ...labels(1, 9), shape: [] }, ...extra([])], attrs: plain },
    { name: "transposed", inputs: [logits([9, 17], true), labels(9, 17), ...extra([9])], attrs: plain },
  );
  return cases;
}
