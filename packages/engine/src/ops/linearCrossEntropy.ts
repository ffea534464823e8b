/**
 * Cross-entropy over a large vocabulary straight from hidden states: logits x Wᵀ + b exist a tile at a time, so memory does not grow with T · V.
 * The backward pass computes them again: four products in all. Keeping dx and dW from the forward pass instead (as Liger-Kernel does) would save one
 * of them, but holds only where every row weighs the same and where a gradient is wanted at all; evaluation and per-row losses would pay for it.
 */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { cast } from "./cast.js";
import { sumRow } from "./crossEntropyRows.js";
import { div } from "./div.js";
import { zeros } from "./full.js";
import { linearCrossEntropyBackward } from "./linearCrossEntropyBackward.js";
import {
  checkLinearOperands,
  flopsOf,
  type LinearCrossEntropyAttrs,
  linearCrossEntropyCases,
  logitsRow,
  smoothedTarget,
  TILE_ROWS,
  TILE_WORDS,
  tileOf,
} from "./linearCrossEntropyTiles.js";
import { type LossOptions, reduceLoss } from "./loss.js";
import { mul } from "./mul.js";
import { notEqual } from "./notEqual.js";
import { reshape } from "./reshape.js";
import { sum } from "./sum.js";
import { widened } from "./widened.js";

/** Inputs: x (T, C), weight (V, C), labels (T), perhaps bias (V). Outputs per row: the loss, and ln Σ eˣ of the logits. */
export const linearCrossEntropyOp: Op<LinearCrossEntropyAttrs> = {
  name: "linearCrossEntropy",
  tolerance: "reduction",
  infer([x, w, labels, bias], attrs) {
    checkLinearOperands("linearCrossEntropy", x as Spec, w as Spec, labels as Spec, bias, attrs);
    const { shape, dtype, bound } = x as Spec;
    const row: Spec = { shape: [shape[0] as number], dtype, ...(bound && { bound }) };
    return [row, row];
  },
  gradient({ inputs, outputs, dys: [dloss, dlse], attrs }) {
    const [x, w, labels, bias] = inputs as readonly [Tensor, Tensor, Tensor, Tensor | undefined];
    const lse = outputs[1] as Tensor;
    const dy = dloss ?? mul(lse, zeros([], x.dtype));
    const counted = mul(dy, cast(notEqual(labels, attrs.ignoreIndex), x.dtype));
    const [dx, dw, db] = linearCrossEntropyBackward(
      [x, w, labels, lse, dlse === undefined ? counted : add(counted, dlse), dy],
      bias,
      attrs,
    );
    return [dx, dw, undefined, db];
  },
  reference([first, second, third, bias], attrs) {
    const [x, w, labels] = [first as NdArray, second as NdArray, third as NdArray];
    const t = x.shape[0] as number;
    const [loss, lse] = [ndZeros([t], x.dtype), ndZeros([t], x.dtype)];
    for (let row = 0; row < t; row++) {
      const logits = logitsRow(x, w, bias, row);
      const largest = logits.reduce((best, v) => Math.max(best, v), -Infinity);
      lse.data[row] = largest + Math.log(sumRow(logits, (v) => Math.exp(v - largest)));
      const q = smoothedTarget(labels, attrs, row, logits.length);
      if (q !== undefined) loss.data[row] = sumRow(q, (p, c) => (p === 0 ? 0 : p * ((lse.data[row] as number) - (logits[c] as number))));
    }
    return [loss, lse];
  },
  flops: ([x, w]) => flopsOf(x as Spec, w as Spec, 1),
  cases: () => linearCrossEntropyCases([]),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const [x, w, labels, bias] = node.inputs as readonly [Tensor, Tensor, Tensor, Tensor | undefined];
      const { tile, words } = tileOf(context, x, w, attrs);
      context.emit({
        kernel: "linear_cross_entropy",
        dtype: x.dtype as FloatDType,
        outputs: [...node.outputs, tile],
        inputs: [x, w, labels, bias ?? w].map((input) => context.contiguous(input)),
        scalars: words,
        flops: flopsOf(x, w, 1),
      });
    },
  },
  bounded: true,
};

export interface LinearCrossEntropyOptions extends LossOptions {
  /** (V), added to the logits. */
  readonly bias?: Tensor;
  /** Rows with this label count nothing. */
  readonly ignoreIndex?: number;
  /** Share of the target that is spread evenly over all words, 0 … 1. */
  readonly labelSmoothing?: number;
  /** Logits that exist at a time: rows (256) × words (2048) unless told. */
  readonly chunk?: { readonly rows?: number; readonly words?: number };
}

/**
 * crossEntropy(x Wᵀ + b, labels) without the logits in memory.
 * @param x (…, C) hidden states
 * @param weight (V, C), as a linear layer's; one in a storage format is widened meanwhile
 * @param labels i32 (…). A label outside 0 … V − 1 that is not ignored gives NaN.
 * A mean divides by the rows that are not ignored. The gradient can be differentiated again, at the price of whole logits then.
 * Throws SHAPE where operands do not fit, ARGUMENT for a smoothing outside 0 … 1 or an unusable chunk.
 */
export function linearCrossEntropy(
  x: Tensor,
  weight: Tensor,
  labels: Tensor,
  { bias, ignoreIndex = -100, labelSmoothing = 0, reduction = "mean", chunk = {} }: LinearCrossEntropyOptions = {},
): Tensor {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new TetradError("ARGUMENT", { op: "linearCrossEntropy", what: "labelSmoothing must lie in 0 … 1", got: `${labelSmoothing}` });
  const channels = x.shape[x.rank - 1];
  if (channels === undefined)
    throw new TetradError("SHAPE", { op: "linearCrossEntropy", what: "x needs an axis of channels", got: formatShape(x.shape) });
  const count = sizeOf(x.shape.slice(0, -1));
  const flat = x.rank === 2 ? x : reshape(x, [count, channels]);
  const targets = labels.rank === 1 ? labels : reshape(labels, [labels.size]);
  const attrs = {
    bias: bias !== undefined,
    frozen: weight.stored !== undefined,
    ignoreIndex,
    smoothing: labelSmoothing,
    rows: chunk.rows ?? TILE_ROWS,
    words: chunk.words ?? TILE_WORDS,
  };
  const operands = [flat, widened(weight), targets, ...(bias === undefined ? [] : [bias])];
  const [loss] = applyAll(linearCrossEntropyOp, operands, attrs) as readonly [Tensor, Tensor];
  if (reduction !== "mean") return reduceLoss(reduction === "none" && labels.rank !== 1 ? reshape(loss, labels.shape) : loss, reduction);
  return div(sum(loss), sum(cast(notEqual(targets, ignoreIndex), x.dtype)));
}
