/** Gradient of groupNorm by its input, weight and bias. */

import type { FloatDType } from "../dtype.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { caseGroups, checkGroups, groupNormal, groupWords } from "./channelGroups.js";
import {
  backwardReference,
  batchAxes,
  type ChannelNormBackwardAttrs,
  channelCases,
  channelsOf,
  checkBackward,
  groupUnits,
  perChannel,
} from "./channelNorm.js";
import { composedBatch, composedGradient } from "./composed.js";
import { specOf } from "./identity.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { reshape } from "./reshape.js";
import { splitBackward } from "./rowNorm.js";
import { liveCount } from "./strided.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

type Attrs = ChannelNormBackwardAttrs & { readonly groups: number };

function byOps(inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
  const { x, dy, extra, weight } = splitBackward(inputs, attrs);
  const { normal, inverse } = groupNormal(x, attrs.groups, attrs.eps);
  const g = reshape(weight === undefined ? dy : mul(dy, perChannel(weight, x.rank)), normal.shape);
  const average = (values: Tensor) => mean(values, 2, { keepDims: true });
  const dx = reshape(mul(inverse, sub(sub(g, average(g)), mul(normal, average(mul(g, normal))))), x.shape);
  const axes = batchAxes(x.rank);
  return [extra === undefined ? dx : add(dx, extra), sum(mul(dy, reshape(normal, x.shape)), axes), sum(dy, axes)];
}

/** Inputs: x, dy, perhaps what else flows to x, perhaps the weight. Outputs: dx, dweight, dbias. */
export const groupNormBackwardOp: Op<Attrs> = {
  name: "groupNormBackward",
  tolerance: "reduction",
  infer(inputs, attrs) {
    const x = inputs[0] as Spec;
    checkBackward("groupNormBackward", inputs, attrs);
    checkGroups("groupNormBackward", x, attrs.groups);
    const channel: Spec = { shape: [channelsOf(x.shape).c], dtype: x.dtype };
    return [specOf(x), channel, channel];
  },
  gradient: (context) => composedGradient(byOps, context),
  reference: (inputs, attrs) => backwardReference(groupUnits(attrs.groups), inputs, attrs),
  flops: ([x]) => 16 * sizeOf((x as Spec).shape),
  cases: () => {
    const of = (weight: boolean, extra: boolean, wanted: (n: number) => boolean) =>
      channelCases<Attrs>({ dy: true, extra, weight }, (eps, shape) =>
        wanted(shape[0] as number) ? { eps, weight, extra, groups: caseGroups(shape) } : undefined,
      );
    return [
      ...of(true, false, (n) => n !== 70),
      ...of(false, false, (n) => n === 3),
      ...of(true, true, (n) => n === 2 || n === 65),
      ...of(false, true, (n) => n === 4 || n === 9),
    ];
  },
  lowering: {
    // The kernel leaves sums per sample; two more launches add them.
    kind: "launch",
    launch(context, node, attrs) {
      const { x, dy, extra, weight } = splitBackward(node.inputs, attrs);
      const [dx, ...parameters] = node.outputs as readonly [Tensor, Tensor, Tensor];
      const dtype = x.dtype as FloatDType;
      const { n, c } = channelsOf(x.shape);
      const partials = parameters.map(() => context.temp({ shape: [n, c], dtype }));
      context.emit({
        kernel: "group_norm_backward",
        dtype,
        outputs: [dx, ...partials],
        inputs: [x, dy, extra ?? x, weight ?? x].map((input) => context.contiguous(input)),
        scalars: [...groupWords(x, attrs.groups), Number(attrs.weight), Number(attrs.extra), { f64: attrs.eps }],
        flops: 16 * x.size,
      });
      parameters.forEach((y, i) => {
        context.emit({
          kernel: "reduce_sum",
          dtype,
          outputs: [y],
          inputs: [{ base: partials[i] as Tensor, offset: 0, shape: [n, c], strides: [c, 1] }],
          scalars: [c, liveCount(n, x.bound, n), 1, c, 1, 1, n, c],
          flops: n * c,
        });
      });
    },
  },
  bounded: true,
  batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
};

/** dx, dweight, dbias; `extra` is added to the first. */
export function groupNormBackward(
  x: Tensor,
  dy: Tensor,
  extra: Tensor | undefined,
  weight: Tensor | undefined,
  { eps, groups }: { readonly eps: number; readonly groups: number },
): readonly Tensor[] {
  const operands = [x, dy, ...(extra === undefined ? [] : [extra]), ...(weight === undefined ? [] : [weight])];
  return applyAll(groupNormBackwardOp, operands, { eps, groups, weight: weight !== undefined, extra: extra !== undefined });
}
