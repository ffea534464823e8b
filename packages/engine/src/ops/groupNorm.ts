/** Groups of channels of each sample to mean 0 and variance 1, fused with weight and bias by channel; with a group per channel it is instanceNorm. */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { Op } from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { add } from "./add.js";
import {
  type AffineAttrs,
  affineByChannel,
  channelCases,
  channelsOf,
  checkChannels,
  groupUnits,
  normaliseReference,
  splitAffine,
} from "./channelNorm.js";
import { composedBatch } from "./composed.js";
import { groupNormBackward } from "./groupNormBackward.js";
import { specOf } from "./identity.js";
import { layerNorm } from "./layerNorm.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { reshape } from "./reshape.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";
import { liveCount } from "./strided.js";
import { sub } from "./sub.js";

export type GroupNormAttrs = AffineAttrs & { readonly groups: number };

/** The backward kernel keeps two numbers per channel of a group in scratch. */
const MOST_CHANNELS = 49_000;

export function checkGroups(op: string, { shape }: Spec, groups: number): void {
  const { c } = channelsOf(shape);
  if (Number.isInteger(groups) && groups > 0 && c % groups === 0 && c / groups <= MOST_CHANNELS) return;
  throw new TetradError("ARGUMENT", {
    op,
    what: "the channels do not fall into so many groups",
    got: `${groups} groups of ${c} channels`,
    expected: `a divisor of ${c}, at most ${MOST_CHANNELS} channels a group`,
  });
}

/** Words of norm/slabs.ts: a unit is a group in a sample, its slabs are channels side by side. */
export function groupWords({ shape, bound }: Spec, groups: number) {
  const { n, c, s } = channelsOf(shape);
  const per = c / groups;
  return [liveCount(n * groups, bound, n), per, s, per * s, s, groups, per, 1];
}

/** Elements centred within their groups, (N, G, C/G · …), and 1/σ. */
export function groupMoments(x: Tensor, groups: number, eps: number): { centred: Tensor; inverse: Tensor } {
  const rows = reshape(x, [x.shape[0] as number, groups, x.size === 0 ? sizeOf(x.shape.slice(1)) / groups : -1]);
  const centred = sub(rows, mean(rows, 2, { keepDims: true }));
  return { centred, inverse: rsqrt(add(mean(square(centred), 2, { keepDims: true }), eps)) };
}

function byOps(inputs: readonly Tensor[], attrs: GroupNormAttrs): readonly Tensor[] {
  const { x, weight, bias } = splitAffine(inputs, attrs);
  const { centred, inverse } = groupMoments(x, attrs.groups, attrs.eps);
  return [affineByChannel(reshape(mul(centred, inverse), x.shape), weight, bias)];
}

/** Group counts of the cases: a divisor of the channels, not always the same. */
export function caseGroups([n, c]: Shape): number {
  const divisors = Array.from({ length: c as number }, (_, i) => i + 1).filter((d) => (c as number) % d === 0);
  return divisors[(n as number) % divisors.length] as number;
}

export const groupNormOp: Op<GroupNormAttrs> = {
  name: "groupNorm",
  tolerance: "reduction",
  infer(inputs, attrs) {
    const { x, weight, bias } = splitAffine(inputs, attrs);
    checkChannels("groupNorm", x, [
      ["weight", weight],
      ["bias", bias],
    ]);
    checkGroups("groupNorm", x, attrs.groups);
    return [specOf(x)];
  },
  gradient({ inputs, dy, attrs }) {
    const { x, weight } = splitAffine(inputs, attrs);
    const [dx, dweight, dbias] = groupNormBackward(x, dy, weight, attrs);
    return [dx, ...(attrs.weight ? [dweight] : []), ...(attrs.bias ? [dbias] : [])];
  },
  reference: (inputs, attrs) => [normaliseReference(groupUnits(attrs.groups), inputs, attrs).y],
  flops: ([x]) => 8 * sizeOf((x as Spec).shape),
  cases: () => {
    const of = (weight: boolean, bias: boolean, wanted: (n: number) => boolean) =>
      channelCases<GroupNormAttrs>({ dy: false, weight, bias }, (eps, shape) =>
        wanted(shape[0] as number) ? { eps, weight, bias, groups: caseGroups(shape) } : undefined,
      );
    return [
      // 70 rows of a few columns: a group of two or three elements far from zero has no digits to test.
      ...of(true, true, (n) => n !== 70),
      ...of(false, false, (n) => n === 3),
      ...of(true, false, (n) => n === 5),
      ...of(false, true, (n) => n === 7),
      { name: "no samples", inputs: [{ shape: [0, 4, 3] }], attrs: { eps: 0.1, weight: false, bias: false, groups: 2 } },
    ];
  },
  lowering: {
    kind: "launch",
    launch(context, node, attrs) {
      const { x, weight, bias } = splitAffine(node.inputs, attrs);
      context.emit({
        kernel: "group_norm",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        inputs: [x, weight ?? x, bias ?? x].map((input) => context.contiguous(input)),
        scalars: [...groupWords(x, attrs.groups), Number(attrs.weight), Number(attrs.bias), { f64: attrs.eps }],
        flops: 8 * x.size,
      });
    },
  },
  bounded: true,
  batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
};

export interface GroupNormOptions {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly eps?: number;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias, mean and population variance over each of `groups` groups of neighbouring channels in each sample, as
 * torch.nn.functional.group_norm.
 * @param x (N, C, …); weight and bias (C)
 * Throws SHAPE where they do not fit, ARGUMENT unless `groups` divides C. Source: Wu, He 2018 (arXiv:1803.08494).
 */
export function groupNorm(x: Tensor, groups: number, { weight, bias, eps = 1e-5 }: GroupNormOptions = {}): Tensor {
  // Channels of one element are rows of layerNorm, whose kernel works on vectors of them.
  if (x.rank === 2 && x.size > 0) {
    checkChannels("groupNorm", x, [
      ["weight", weight],
      ["bias", bias],
    ]);
    checkGroups("groupNorm", x, groups);
    const [n, c] = x.shape as readonly [number, number];
    return affineByChannel(reshape(layerNorm(reshape(x, [n, groups, c / groups]), { eps }), x.shape), weight, bias);
  }
  const operands = [x, ...(weight === undefined ? [] : [weight]), ...(bias === undefined ? [] : [bias])];
  return apply(groupNormOp, operands, { groups, eps, weight: weight !== undefined, bias: bias !== undefined });
}

/** groupNorm with a group per channel, as torch.nn.functional.instance_norm without running statistics. Source: Ulyanov et al. 2016 (arXiv:1607.08022). */
export function instanceNorm(x: Tensor, options: GroupNormOptions = {}): Tensor {
  return groupNorm(x, x.shape[1] ?? 1, options);
}
