/** Logarithm of softmax, and its gradient, both fused over the last axis. */

import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { exp } from "./exp.js";
import { specOf } from "./identity.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { batchAll, forEachRow, launchRows, overLastAxis, rowCases } from "./rows.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

type None = Record<never, never>;

export const logSoftmaxOp: Op<None> = {
  name: "logSoftmax",
  tolerance: "transcendental",
  infer([input]) {
    const x = input as Spec;
    if (!isFloat(x.dtype) || x.shape.length === 0)
      throw new TetradError("SHAPE", {
        op: "logSoftmax",
        what: "needs a floating-point tensor with an axis",
        got: `${x.dtype} [${x.shape.join(", ")}]`,
      });
    return [specOf(x)];
  },
  gradient: ({ outputs: [y], dy }) => [logSoftmaxBackward(y as Tensor, dy)],
  reference([x]) {
    const y = ndZeros((x as NdArray).shape, (x as NdArray).dtype);
    forEachRow(x as NdArray, (row, at) => {
      const largest = row.reduce((best, v) => Math.max(best, v), -Infinity);
      const total = row.reduce((sum, v) => sum + Math.exp(v - largest), 0);
      y.data.set(
        row.map((v) => v - largest - Math.log(total)),
        at,
      );
    });
    return [y];
  },
  flops: ([x]) => 24 * sizeOf((x as Spec).shape),
  cases: () => rowCases(1),
  lowering: { kind: "launch", launch: (context, node) => launchRows(context, node, "log_softmax", 24) },
  bounded: true,
  batch: ([x]) => [apply(logSoftmaxOp, [x as Tensor], {})],
};

export const logSoftmaxBackwardOp: Op<None> = {
  name: "logSoftmaxBackward",
  tolerance: "reduction",
  infer: ([y]) => [specOf(y as Spec)],
  // dx = dy − e^y Σ dy.
  gradient({ inputs: [output, cotangent], dy: g }) {
    const [p, dy] = [exp(output as Tensor), cotangent as Tensor];
    const total = (a: Tensor) => sum(a, -1, { keepDims: true });
    const weighted = mul(g, p);
    return [neg(mul(weighted, total(dy))), sub(g, total(weighted))];
  },
  reference([output, cotangent]) {
    const [y, dy] = [output as NdArray, cotangent as NdArray];
    const dx = ndZeros(y.shape, y.dtype);
    forEachRow(y, (row, at) => {
      const total = row.reduce((sum, _, i) => sum + (dy.data[at + i] as number), 0);
      row.forEach((v, i) => {
        dx.data[at + i] = (dy.data[at + i] as number) - Math.exp(v) * total;
      });
    });
    return [dx];
  },
  flops: ([x]) => 24 * sizeOf((x as Spec).shape),
  cases: () => rowCases(2),
  lowering: { kind: "launch", launch: (context, node) => launchRows(context, node, "log_softmax_backward", 24) },
  bounded: true,
  batch: (inputs, batched) => [apply(logSoftmaxBackwardOp, batchAll(inputs, batched), {})],
};

function logSoftmaxBackward(y: Tensor, dy: Tensor): Tensor {
  return apply(logSoftmaxBackwardOp, [y, dy], {});
}

/** x − ln Σ e^x along `axis`, without overflow; NaN where a whole row is −Inf. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return overLastAxis(x, axis, (rows) => apply(logSoftmaxOp, [rows], {}));
}
