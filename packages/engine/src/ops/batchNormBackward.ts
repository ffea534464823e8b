/** Gradient of batchNorm in training by its input, weight and bias, which takes in that mean and variance depend on the input. */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { Op } from "../op.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { backwardReference, batchAxes, channelCases, channelsOf, channelUnits, checkChannels, perChannel } from "./channelNorm.js";
import { composedBatch, composedGradient } from "./composed.js";
import { specOf } from "./identity.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";
import { liveCount } from "./strided.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

type Attrs = { readonly eps: number; readonly weight: boolean };

function byOps([first, second, weight]: readonly Tensor[], { eps }: Attrs): readonly Tensor[] {
  const [x, dy] = [first as Tensor, second as Tensor];
  const axes = batchAxes(x.rank);
  const average = (values: Tensor) => mean(values, axes, { keepDims: true });
  const centred = sub(x, average(x));
  const inverse = rsqrt(add(average(square(centred)), eps));
  const normal = mul(centred, inverse);
  const g = weight === undefined ? dy : mul(dy, perChannel(weight, x.rank));
  const dx = mul(inverse, sub(sub(g, average(g)), mul(normal, average(mul(g, normal)))));
  return [dx, sum(mul(dy, normal), axes), sum(dy, axes)];
}

/** Inputs: x, dy, perhaps the weight. Outputs: dx, dweight, dbias. */
export const batchNormBackwardOp: Op<Attrs> = {
  name: "batchNormBackward",
  tolerance: "reduction",
  infer([first, second, weight]) {
    const [x, dy] = [first as Spec, second as Spec];
    checkChannels("batchNormBackward", x, [["weight", weight]]);
    if (!sameShape(x.shape, dy.shape))
      throw new TetradError("SHAPE", {
        op: "batchNormBackward",
        what: "x and dy differ",
        got: formatShape(dy.shape),
        expected: formatShape(x.shape),
      });
    const channel: Spec = { shape: [channelsOf(x.shape).c], dtype: x.dtype };
    return [specOf(x), channel, channel];
  },
  gradient: (context) => composedGradient(byOps, context),
  reference: (inputs, { eps }) => backwardReference(channelUnits, inputs, eps),
  flops: ([x]) => 16 * sizeOf((x as Spec).shape),
  cases: () => [
    ...channelCases({ dy: true, weight: true, bias: false }, (eps) => ({ eps, weight: true })),
    ...channelCases({ dy: true, weight: false, bias: false }, (eps, [n]) => (n === 3 ? { eps, weight: false } : undefined)),
  ],
  lowering: {
    // Words after the pointers as in norm/slabs.ts.
    kind: "launch",
    launch(context, node, { eps, weight: weighted }) {
      const [x, dy, weight] = node.inputs as readonly [Tensor, Tensor, Tensor | undefined];
      const { n, c, s } = channelsOf(x.shape);
      context.emit({
        kernel: "batch_norm_backward",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        inputs: [x, dy, weight ?? x].map((input) => context.contiguous(input)),
        scalars: [c, liveCount(n, x.bound, n), s, s, c * s, c, 1, 0, Number(weighted), 0, { f64: eps }],
        flops: 16 * x.size,
      });
    },
  },
  bounded: true,
  batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
};

/** dx, dweight, dbias. */
export function batchNormBackward(x: Tensor, dy: Tensor, weight: Tensor | undefined, eps: number): readonly Tensor[] {
  return applyAll(batchNormBackwardOp, [x, dy, ...(weight === undefined ? [] : [weight])], { eps, weight: weight !== undefined });
}
