/** Each channel of a batch to mean 0 and variance 1, fused with weight and bias; running statistics stand in for those of the batch in evaluation. */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndFrom } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import { batchNormBackward } from "./batchNormBackward.js";
import {
  type AffineAttrs,
  affineByChannel,
  batchAxes,
  channelCases,
  channelsOf,
  channelUnits,
  checkChannels,
  normaliseReference,
  perChannel,
  splitAffine,
} from "./channelNorm.js";
import { composedBatch, composedGradient } from "./composed.js";
import { countOver } from "./count.js";
import { div } from "./div.js";
import { specOf } from "./identity.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";
import { liveCount } from "./strided.js";
import { sub } from "./sub.js";

function statistics(x: Tensor): { centred: Tensor; mean: Tensor; variance: Tensor } {
  const axes = batchAxes(x.rank);
  const average = mean(x, axes);
  const centred = sub(x, perChannel(average, x.rank));
  return { centred, mean: average, variance: mean(square(centred), axes) };
}

function byOps(inputs: readonly Tensor[], attrs: AffineAttrs): readonly Tensor[] {
  const { x, weight, bias } = splitAffine(inputs, attrs);
  const { centred, mean: average, variance } = statistics(x);
  const normal = mul(centred, perChannel(rsqrt(add(variance, attrs.eps)), x.rank));
  return [affineByChannel(normal, weight, bias), average, variance];
}

/** Outputs: y, and mean and population variance of each channel. */
export const batchNormOp: Op<AffineAttrs> = {
  name: "batchNorm",
  tolerance: "reduction",
  infer(inputs, attrs) {
    const { x, weight, bias } = splitAffine(inputs, attrs);
    checkChannels("batchNorm", x, [
      ["weight", weight],
      ["bias", bias],
    ]);
    if (x.shape[0] === 0) throw new TetradError("SHAPE", { op: "batchNorm", what: "a batch without rows has no statistics" });
    const channel: Spec = { shape: [channelsOf(x.shape).c], dtype: x.dtype };
    return [specOf(x), channel, channel];
  },
  gradient({ inputs, outputs, dys: [dy, dmean, dvariance], attrs }) {
    const { x, weight } = splitAffine(inputs, attrs);
    const [dx, dweight, dbias] = dy === undefined ? [] : batchNormBackward(x, dy, weight, attrs.eps);
    const [own] =
      dmean === undefined && dvariance === undefined
        ? []
        : composedGradient((xs) => Object.values(statistics(xs[0] as Tensor)).slice(1), {
            inputs: [x],
            outputs: outputs.slice(1),
            dys: [dmean, dvariance],
            dy: dmean as Tensor,
            attrs,
          });
    return [dx && own ? add(dx, own) : (dx ?? own), ...(attrs.weight ? [dweight] : []), ...(attrs.bias ? [dbias] : [])];
  },
  reference(inputs, attrs) {
    const { y, means, variances } = normaliseReference(channelUnits, inputs, attrs);
    return [y, ndFrom([means.length], y.dtype, means), ndFrom([variances.length], y.dtype, variances)];
  },
  flops: ([x]) => 8 * sizeOf((x as Spec).shape),
  cases: () => [
    ...channelCases({ dy: false, weight: true, bias: true }, (eps) => ({ eps, weight: true, bias: true })),
    ...channelCases({ dy: false, weight: false, bias: false }, (eps, [n]) => (n === 3 ? { eps, weight: false, bias: false } : undefined)),
    ...channelCases({ dy: false, weight: true, bias: false }, (eps, [n]) => (n === 5 ? { eps, weight: true, bias: false } : undefined)),
    ...channelCases({ dy: false, weight: false, bias: true }, (eps, [n]) => (n === 7 ? { eps, weight: false, bias: true } : undefined)),
  ],
  lowering: {
    // Words after the pointers as in norm/slabs.ts: a unit is a channel, whose slabs lie a sample apart.
    kind: "launch",
    launch(context, node, attrs) {
      const { x, weight, bias } = splitAffine(node.inputs, attrs);
      const { n, c, s } = channelsOf(x.shape);
      context.emit({
        kernel: "batch_norm",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        inputs: [x, weight ?? x, bias ?? x].map((input) => context.contiguous(input)),
        scalars: [c, liveCount(n, x.bound, n), s, s, c * s, c, 1, 0, Number(attrs.weight), Number(attrs.bias), { f64: attrs.eps }],
        flops: 8 * x.size,
      });
    },
  },
  bounded: true,
  batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
};

export interface BatchNormOptions {
  /** Statistics of the batch, which move the running ones; else the running ones are used and stay. */
  readonly training: boolean;
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  /** (C); needed in evaluation. */
  readonly runningMean?: Tensor;
  readonly runningVar?: Tensor;
  /** Weight of the new value in the running ones. */
  readonly momentum?: number;
  readonly eps?: number;
}

export interface BatchNormResult {
  readonly y: Tensor;
  /** What the running statistics are afterwards; undefined where none were given. */
  readonly runningMean: Tensor | undefined;
  readonly runningVar: Tensor | undefined;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias by channel, as torch.nn.functional.batch_norm: the population variance normalises, the unbiased
 * one moves `runningVar`.
 * @param x (N, C) or (N, C, …); weight, bias and running statistics (C)
 * Throws SHAPE where they do not fit, ARGUMENT in evaluation without running statistics. Source: Ioffe, Szegedy 2015 (arXiv:1502.03167).
 */
export function batchNorm(
  x: Tensor,
  { training, weight, bias, runningMean, runningVar, momentum = 0.1, eps = 1e-5 }: BatchNormOptions,
): BatchNormResult {
  checkChannels("batchNorm", x, [
    ["weight", weight],
    ["bias", bias],
    ["runningMean", runningMean],
    ["runningVar", runningVar],
  ]);
  if (!training) {
    if (runningMean === undefined || runningVar === undefined)
      throw new TetradError("ARGUMENT", { op: "batchNorm", what: "evaluation needs runningMean and runningVar" });
    const inverse = rsqrt(add(runningVar, eps));
    const normal = mul(sub(x, perChannel(runningMean, x.rank)), perChannel(inverse, x.rank));
    return { y: affineByChannel(normal, weight, bias), runningMean, runningVar };
  }
  const operands = [x, ...(weight === undefined ? [] : [weight]), ...(bias === undefined ? [] : [bias])];
  const attrs = { eps, weight: weight !== undefined, bias: bias !== undefined };
  const [y, average, variance] = applyAll(batchNormOp, operands, attrs) as readonly [Tensor, Tensor, Tensor];
  const moved = (old: Tensor | undefined, value: Tensor) => old && add(mul(old, 1 - momentum), mul(value, momentum));
  const count = countOver(x, batchAxes(x.rank), x.dtype as FloatDType);
  return {
    y,
    runningMean: moved(runningMean, average),
    runningVar: moved(runningVar, mul(variance, typeof count === "number" ? count / (count - 1) : div(count, sub(count, 1)))),
  };
}
