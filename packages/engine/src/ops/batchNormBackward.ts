/** Gradient of batchNorm in training by its input, weight and bias, which takes in that mean and variance depend on the input. */

import type { FloatDType } from "../dtype.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { centredOver } from "./centred.js";
import {
  backwardReference,
  batchAxes,
  type ChannelNormBackwardAttrs,
  channelCases,
  channelsOf,
  channelUnits,
  checkBackward,
  perChannel,
} from "./channelNorm.js";
import { composedBatch, composedGradient } from "./composed.js";
import { specOf } from "./identity.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { splitBackward } from "./rowNorm.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";
import { liveCount } from "./strided.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

function byOps(inputs: readonly Tensor[], attrs: ChannelNormBackwardAttrs): readonly Tensor[] {
  const { x, dy, extra, weight } = splitBackward(inputs, attrs);
  const axes = batchAxes(x.rank);
  const average = (values: Tensor) => mean(values, axes, { keepDims: true });
  const centred = centredOver(x, axes);
  const inverse = rsqrt(add(average(square(centred)), attrs.eps));
  const normal = mul(centred, inverse);
  const g = weight === undefined ? dy : mul(dy, perChannel(weight, x.rank));
  const dx = mul(inverse, sub(sub(g, average(g)), mul(normal, average(mul(g, normal)))));
  return [extra === undefined ? dx : add(dx, extra), sum(mul(dy, normal), axes), sum(dy, axes)];
}

/** Inputs: x, dy, perhaps what else flows to x, perhaps the weight. Outputs: dx, dweight, dbias. */
export const batchNormBackwardOp: Op<ChannelNormBackwardAttrs> = {
  name: "batchNormBackward",
  tolerance: "reduction",
  infer(inputs, attrs) {
    const x = inputs[0] as Spec;
    checkBackward("batchNormBackward", inputs, attrs);
    const channel: Spec = { shape: [channelsOf(x.shape).c], dtype: x.dtype };
    return [specOf(x), channel, channel];
  },
  gradient: (context) => composedGradient(byOps, context),
  reference: (inputs, attrs) => backwardReference(channelUnits, inputs, attrs),
  flops: ([x]) => 16 * sizeOf((x as Spec).shape),
  cases: () => {
    const of = (weight: boolean, extra: boolean, wanted: (n: number) => boolean) =>
      channelCases<ChannelNormBackwardAttrs>({ dy: true, extra, weight }, (eps, [n]) =>
        wanted(n as number) ? { eps, weight, extra } : undefined,
      );
    return [
      ...of(true, false, () => true),
      ...of(false, false, (n) => n === 3),
      ...of(true, true, (n) => n === 2 || n === 65),
      ...of(false, true, (n) => n === 4 || n === 9),
    ];
  },
  lowering: {
    // Words after the pointers as in norm/slabs.ts.
    kind: "launch",
    launch(context, node, attrs) {
      const { x, dy, extra, weight } = splitBackward(node.inputs, attrs);
      const { n, c, s } = channelsOf(x.shape);
      context.emit({
        kernel: "batch_norm_backward",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        inputs: [x, dy, extra ?? x, weight ?? x].map((input) => context.contiguous(input)),
        scalars: [c, liveCount(n, x.bound, n), s, s, c * s, c, 1, 0, Number(attrs.weight), Number(attrs.extra), { f64: attrs.eps }],
        flops: 16 * x.size,
      });
    },
  },
  bounded: true,
  batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
};

/** dx, dweight, dbias; `extra` is added to the first. */
export function batchNormBackward(
  x: Tensor,
  dy: Tensor,
  extra: Tensor | undefined,
  weight: Tensor | undefined,
  eps: number,
): readonly Tensor[] {
  const operands = [x, dy, ...(extra === undefined ? [] : [extra]), ...(weight === undefined ? [] : [weight])];
  return applyAll(batchNormBackwardOp, operands, { eps, weight: weight !== undefined, extra: extra !== undefined });
}
