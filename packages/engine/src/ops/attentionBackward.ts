/** Gradients of attention by queries, keys and values, from weights computed anew. */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import type { Spec, Tensor } from "../tensor.js";
import { backwardCases } from "./attentionCases.js";
import { type AttentionAttrs, AttentionReference, attentionFlops, attentionWords, operandsOf } from "./attentionProblem.js";
import { specOf } from "./identity.js";
import type { RandomKey } from "./randomStream.js";

export type BackwardAttrs = AttentionAttrs & { readonly lseGradient: boolean };

/** The node's own inputs before those of attention: o, lse, dy, and dlse where that has a gradient. */
export function ownInputs({ lseGradient }: BackwardAttrs): number {
  return lseGradient ? 4 : 3;
}

/** Gradients of the scores, row by row: `visit` gets a row's weights (times dropout's factors) and slopes. */
export function forEachSlope(
  inputs: readonly NdArray[],
  attrs: BackwardAttrs,
  key: RandomKey | undefined,
  visit: (row: {
    readonly problem: AttentionReference;
    readonly sequence: AttentionReference["sequences"][number];
    readonly index: number;
    readonly i: number;
    readonly h: number;
    readonly weights: Float64Array;
    readonly slopes: Float64Array;
  }) => void,
): AttentionReference {
  const own = ownInputs(attrs);
  const [o, lse, dy, dlse] = inputs.slice(0, own) as [NdArray, NdArray, NdArray, NdArray?];
  const problem = new AttentionReference(inputs.slice(own), attrs, key);
  const { heads, valueDim } = problem.extents;
  problem.sequences.forEach((sequence, index) => {
    for (let i = 0; i < sequence.queries; i++) {
      for (let h = 0; h < heads; h++) {
        const row = problem.qRow(sequence, i, h, 1);
        let delta = -(dlse?.data[row] ?? 0);
        for (let c = 0; c < valueDim; c++) delta += (dy.data[row * valueDim + c] as number) * (o.data[row * valueDim + c] as number);
        const weights = problem.scores(sequence, index, i, h).map((x) => Math.exp(x - (lse.data[row] as number)));
        const slopes = weights.map((w, j) => {
          const from = problem.kRow(sequence, j, h, valueDim);
          let slope = 0;
          for (let c = 0; c < valueDim; c++)
            slope += (dy.data[row * valueDim + c] as number) * (problem.operands.v.data[from + c] as number);
          return w * (slope * problem.factor(sequence, i, j, h) - delta);
        });
        visit({ problem, sequence, index, i, h, weights: weights.map((w, j) => w * problem.factor(sequence, i, j, h)), slopes });
      }
    }
  });
  return problem;
}

/** Inputs: o, lse, dy, perhaps dlse, then attention's. Outputs: dq, dk, dv. */
export const attentionBackwardOp: Op<BackwardAttrs> = {
  name: "attentionBackward",
  tolerance: "reduction",
  infer(inputs, attrs) {
    const { q, k, v } = operandsOf(inputs.slice(ownInputs(attrs)), attrs);
    return [specOf(q), specOf(k), specOf(v)];
  },
  gradient: refuseSecondOrder,
  reference(inputs, attrs, specs, key) {
    const [dq, dk, dv] = specs.map(({ shape, dtype }) => ndZeros(shape, dtype)) as [NdArray, NdArray, NdArray];
    const dy = inputs[2] as NdArray;
    const problem = forEachSlope(inputs, attrs, key, ({ problem, sequence, i, h, weights, slopes }) => {
      const { dim, valueDim } = problem.extents;
      const [q, y] = [problem.qRow(sequence, i, h, dim), problem.qRow(sequence, i, h, valueDim)];
      slopes.forEach((slope, j) => {
        const [k, v] = [problem.kRow(sequence, j, h, dim), problem.kRow(sequence, j, h, valueDim)];
        for (let c = 0; c < dim; c++) {
          dq.data[q + c] = (dq.data[q + c] as number) + attrs.scale * slope * (problem.k[k + c] as number);
          dk.data[k + c] = (dk.data[k + c] as number) + attrs.scale * slope * (problem.q[q + c] as number);
        }
        for (let c = 0; c < valueDim; c++)
          dv.data[v + c] = (dv.data[v + c] as number) + (weights[j] as number) * (dy.data[y + c] as number);
      });
    });
    problem.turnBack(dq.data, "q");
    problem.turnBack(dk.data, "k");
    return [dq, dk, dv];
  },
  flops: (inputs, _, attrs) => 2.5 * attentionFlops(inputs.slice(ownInputs(attrs)), attrs),
  cases: () => backwardCases(),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const own = ownInputs(attrs);
      const inputs = node.inputs.slice(own);
      const words = attentionWords(context, inputs, attrs, attrs.lseGradient);
      const [o, lse, dy, dlse] = node.inputs.slice(0, own).map((x) => context.contiguous(x));
      if (o === undefined || lse === undefined || dy === undefined) return;
      context.emit({
        kernel: "attention_backward",
        dtype: (node.outputs[0] as Tensor).dtype as FloatDType,
        outputs: node.outputs,
        inputs: [o, lse, dy, dlse ?? lse, ...words.inputs],
        scalars: words.scalars,
        flops: 2.5 * attentionFlops(inputs, attrs),
      });
    },
  },
  bounded: true,
};

export function refuseSecondOrder(): never {
  throw new TetradError("UNSUPPORTED", {
    op: "attention",
    what: "its gradient cannot be differentiated again",
    hint: "for second derivatives write attention with matmul and softmax",
  });
}

/** Shape of the bias among a node's inputs. */
export function biasSpec(inputs: readonly Spec[], attrs: BackwardAttrs): Spec {
  return operandsOf(inputs.slice(ownInputs(attrs)), attrs).bias as Spec;
}
