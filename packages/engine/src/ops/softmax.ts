/** Exponentials that sum to one, and their gradient, both fused over the last axis. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { specOf } from "./identity.js";
import { mul } from "./mul.js";
import { batchAll, forEachRow, launchRows, overLastAxis, rowCases } from "./rows.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

type None = Record<never, never>;

export const softmaxOp: Op<None> = {
  name: "softmax",
  tolerance: "transcendental",
  infer([input]) {
    const x = input as Spec;
    if (!isFloat(x.dtype) || x.shape.length === 0)
      throw new TetradError("SHAPE", {
        op: "softmax",
        what: "needs a floating-point tensor with an axis",
        got: `${x.dtype} [${x.shape.join(", ")}]`,
      });
    return [specOf(x)];
  },
  gradient: ({ outputs: [y], dy }) => [softmaxBackward(y as Tensor, dy)],
  reference([x]) {
    const y = ndZeros((x as NdArray).shape, (x as NdArray).dtype);
    forEachRow(x as NdArray, (row, at) => {
      const largest = row.reduce((best, v) => Math.max(best, v), -Infinity);
      const exps = row.map((v) => Math.exp(v - largest));
      const total = exps.reduce((sum, v) => sum + v, 0);
      y.data.set(
        exps.map((v) => v / total),
        at,
      );
    });
    return [y];
  },
  flops: ([x]) => 24 * sizeOf((x as Spec).shape),
  cases: () => rowCases(1),
  lowering: { kind: "launch", launch: (context, node) => launchRows(context, node, "softmax", 24) },
  bounded: true,
  batch: ([x]) => [apply(softmaxOp, [x as Tensor], {})],
};

export const softmaxBackwardOp: Op<None> = {
  name: "softmaxBackward",
  tolerance: "reduction",
  infer: ([y]) => [specOf(y as Spec)],
  // dx = y (dy − Σ dy y), which is linear in dy and symmetric in form.
  gradient({ inputs: [output, cotangent], dy: g }) {
    const [y, dy] = [output as Tensor, cotangent as Tensor];
    const total = (a: Tensor, b: Tensor) => sum(mul(a, b), -1, { keepDims: true });
    return [sub(mul(g, sub(dy, total(dy, y))), mul(dy, total(g, y))), softmaxBackward(y, g)];
  },
  reference([output, cotangent]) {
    const [y, dy] = [output as NdArray, cotangent as NdArray];
    const dx = ndZeros(y.shape, y.dtype);
    forEachRow(y, (row, at) => {
      const total = row.reduce((sum, v, i) => sum + v * (dy.data[at + i] as number), 0);
      row.forEach((v, i) => {
        dx.data[at + i] = v * ((dy.data[at + i] as number) - total);
      });
    });
    return [dx];
  },
  flops: ([x]) => 4 * sizeOf((x as Spec).shape),
  cases: () => rowCases(2),
  lowering: { kind: "launch", launch: (context, node) => launchRows(context, node, "softmax_backward", 4) },
  bounded: true,
  batch: (inputs, batched) => [apply(softmaxBackwardOp, batchAll(inputs, batched), {})],
};

/** y (dy − Σ dy y) over the last axis: softmax's gradient from its own result. */
export function softmaxBackward(y: Tensor, dy: Tensor): Tensor {
  return apply(softmaxBackwardOp, [y, dy], {});
}

/** e^x / Σ e^x along `axis`, without overflow; NaN where a whole row is −Inf. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return overLastAxis(x, axis, (rows) => apply(softmaxOp, [rows], {}));
}
