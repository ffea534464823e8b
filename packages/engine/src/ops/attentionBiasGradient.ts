/** Gradient of attention by its bias: a node of its own, because hardly any bias is trained and this one is dropped unread. */

import type { FloatDType } from "../dtype.js";
import { ndZeros } from "../nd.js";
import type { Op } from "../op.js";
import type { Spec, Tensor } from "../tensor.js";
import { type BackwardAttrs, biasSpec, forEachSlope, ownInputs, refuseSecondOrder } from "./attentionBackward.js";
import { biasGradientCases } from "./attentionCases.js";
import { attentionFlops, attentionWords } from "./attentionProblem.js";
import { specOf } from "./identity.js";

/** Inputs as those of attentionBackward. Output: the gradient in the bias's own shape (batch or 1, heads, queries, keys). */
export const attentionBiasGradientOp: Op<BackwardAttrs> = {
  name: "attentionBiasGradient",
  tolerance: "reduction",
  infer: (inputs, attrs) => [specOf(biasSpec(inputs, attrs))],
  gradient: refuseSecondOrder,
  reference(inputs, attrs, [output], key) {
    const db = ndZeros((output as Spec).shape, (output as Spec).dtype);
    forEachSlope(inputs, attrs, key, ({ problem, index, i, h, slopes }) => {
      slopes.forEach((slope, j) => {
        const at = problem.biasAt(index, i, j, h);
        db.data[at] = (db.data[at] as number) + slope;
      });
    });
    return [db];
  },
  flops: (inputs, _, attrs) => attentionFlops(inputs.slice(ownInputs(attrs)), attrs),
  cases: () => biasGradientCases(),
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const own = ownInputs(attrs);
      const inputs = node.inputs.slice(own);
      const words = attentionWords(context, inputs, attrs, attrs.lseGradient);
      const [o, lse, dy, dlse] = node.inputs.slice(0, own).map((x) => context.contiguous(x));
      if (o === undefined || lse === undefined || dy === undefined) return;
      context.emit({
        kernel: "attention_bias_gradient",
        dtype: (node.outputs[0] as Tensor).dtype as FloatDType,
        outputs: node.outputs,
        inputs: [o, lse, dy, dlse ?? lse, ...words.inputs],
        scalars: words.scalars,
        flops: attentionFlops(inputs, attrs),
      });
    },
  },
  bounded: true,
};
