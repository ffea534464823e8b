/** Gradient of the linear cross-entropy by hidden states, weight and bias, a tile of logits at a time. */

import type { FloatDType } from "../dtype.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { cast } from "./cast.js";
import { composedGradient } from "./composed.js";
import { exp } from "./exp.js";
import { expandDims } from "./expandDims.js";
import { specOf } from "./identity.js";
import {
  checkLinearOperands,
  flopsOf,
  type LinearCrossEntropyAttrs,
  linearCrossEntropyCases,
  logitsRow,
  smoothedTarget,
  tileOf,
} from "./linearCrossEntropyTiles.js";
import { matmul } from "./matmul.js";
import { mul } from "./mul.js";
import { notEqual } from "./notEqual.js";
import { oneHot } from "./oneHot.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

/** With whole logits, for second derivatives. */
function byOps(inputs: readonly Tensor[], { ignoreIndex, smoothing, bias: biased, frozen }: LinearCrossEntropyAttrs): readonly Tensor[] {
  const [x, w, labels, lse, dp, dy, bias] = inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor | undefined];
  const words = w.shape[0] as number;
  const product = matmul(x, w, { transposeB: true });
  const p = exp(sub(bias === undefined ? product : add(product, bias), expandDims(lse, -1)));
  const counted = expandDims(cast(notEqual(labels, ignoreIndex), x.dtype), -1);
  const q = mul(counted, add(mul(oneHot(labels, words, x.dtype), 1 - smoothing), smoothing / words));
  const slope = sub(mul(p, expandDims(dp, -1)), mul(q, expandDims(dy, -1)));
  return [matmul(slope, w), ...(frozen ? [] : [matmul(slope, x, { transposeA: true })]), ...(biased ? [sum(slope, 0)] : [])];
}

/**
 * Inputs: x, weight, labels, lse of each row, dp (what multiplies softmax), dy (what multiplies the target), perhaps bias. Outputs: dx, dweight unless
 * the weight stands still, and dbias where there is a bias. dp is dy for rows that count and 0 for ignored ones, plus what flows to lse.
 */
export const linearCrossEntropyBackwardOp: Op<LinearCrossEntropyAttrs> = {
  name: "linearCrossEntropyBackward",
  tolerance: "reduction",
  infer([x, w, labels, , , , bias], attrs) {
    checkLinearOperands("linearCrossEntropyBackward", x as Spec, w as Spec, labels as Spec, bias, attrs);
    const { shape, dtype } = w as Spec;
    return [
      specOf(x as Spec),
      ...(attrs.frozen ? [] : [{ shape, dtype }]),
      ...(attrs.bias ? [{ shape: [shape[0] as number], dtype }] : []),
    ];
  },
  gradient: (context) => composedGradient(byOps, context),
  reference(inputs, attrs) {
    const [x, w, labels, lse, dp, dy] = inputs as readonly [NdArray, NdArray, NdArray, NdArray, NdArray, NdArray];
    const bias = inputs[6];
    const [v, c] = w.shape as readonly [number, number];
    const [dx, dw, db] = [ndZeros(x.shape, x.dtype), ndZeros(w.shape, x.dtype), ndZeros([v], x.dtype)];
    for (let row = 0; row < (x.shape[0] as number); row++) {
      const q = smoothedTarget(labels, attrs, row, v);
      if (q === undefined && dp.data[row] === 0) continue;
      logitsRow(x, w, bias, row).forEach((logit, j) => {
        const p = Math.exp(logit - (lse.data[row] as number));
        const slope = (dp.data[row] as number) * p - (dy.data[row] as number) * (q?.[j] ?? 0);
        db.data[j] = (db.data[j] as number) + slope;
        for (let k = 0; k < c; k++) {
          dx.data[row * c + k] = (dx.data[row * c + k] as number) + slope * (w.data[j * c + k] as number);
          dw.data[j * c + k] = (dw.data[j * c + k] as number) + slope * (x.data[row * c + k] as number);
        }
      });
    }
    return [dx, ...(attrs.frozen ? [] : [dw]), ...(attrs.bias ? [db] : [])];
  },
  flops: ([x, w], _, { frozen }) => flopsOf(x as Spec, w as Spec, frozen ? 2 : 3),
  cases: () =>
    linearCrossEntropyCases([
      [1, 3],
      [0.2, 1.5],
      [0.2, 1.5],
    ]),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const [x, w, ...rest] = node.inputs as readonly [Tensor, Tensor, ...Tensor[]];
      const { tile, words } = tileOf(context, x, w, attrs);
      const [dx, dw, db] = gradientsIn(node.outputs, attrs);
      // The kernel has a place for dweight, dbias and bias in any case; the tile and the weight stand in, untouched.
      const slots = [dx, dw ?? tile, db ?? tile, tile];
      context.emit({
        kernel: "linear_cross_entropy_backward",
        dtype: x.dtype as FloatDType,
        outputs: slots,
        inputs: [x, w, ...rest, ...(attrs.bias ? [] : [w])].map((input) => context.contiguous(input)),
        scalars: words,
        flops: flopsOf(x, w, attrs.frozen ? 2 : 3),
      });
    },
  },
  bounded: true,
};

type Gradients = readonly [dx: Tensor, dw: Tensor | undefined, db: Tensor | undefined];

function gradientsIn(outputs: readonly Tensor[], { bias, frozen }: LinearCrossEntropyAttrs): Gradients {
  return [outputs[0] as Tensor, frozen ? undefined : outputs[1], bias ? outputs.at(-1) : undefined];
}

/** dx, dweight unless the weight stands still, and dbias where there is a bias. */
export function linearCrossEntropyBackward(
  operands: readonly Tensor[],
  bias: Tensor | undefined,
  attrs: LinearCrossEntropyAttrs,
): Gradients {
  return gradientsIn(applyAll(linearCrossEntropyBackwardOp, [...operands, ...(bias === undefined ? [] : [bias])], attrs), attrs);
}
