/** Groups of neighbouring channels, as groupNorm and its gradient mean them: what is a group, its launch words, its moments by other ops. */

import { TetradError } from "../errors.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add } from "./add.js";
import { centredOver } from "./centred.js";
import { channelsOf } from "./channelNorm.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { reshape } from "./reshape.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";
import { liveCount } from "./strided.js";

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

/** Elements normalised within their groups, (N, G, C/G · …), and 1/σ. */
export function groupNormal(x: Tensor, groups: number, eps: number): { normal: Tensor; inverse: Tensor } {
  const rows = reshape(x, [x.shape[0] as number, groups, x.size === 0 ? sizeOf(x.shape.slice(1)) / groups : -1]);
  const centred = centredOver(rows, [2]);
  const inverse = rsqrt(add(mean(square(centred), 2, { keepDims: true }), eps));
  return { normal: mul(centred, inverse), inverse };
}

/** Group counts of the cases: a divisor of the channels, not always the same. */
export function caseGroups([n, c]: Shape): number {
  const divisors = Array.from({ length: c as number }, (_, i) => i + 1).filter((d) => (c as number) % d === 0);
  return divisors[(n as number) % divisors.length] as number;
}
