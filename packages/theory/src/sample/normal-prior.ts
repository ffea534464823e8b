/** Normal priors between bounds, which may lie far out in one tail: there Φ(b) − Φ(a) is the difference of two ones, unless it is taken from the other side. */
import { normalCumulative, normalQuantile } from "../diagnose/normal.js";

export interface NormalPrior {
  readonly mean: number;
  readonly sd: number;
}

/** Whether to look from above: with all of the interval above the mean, its mirror image is what has accurate probabilities. */
function seen({ mean, sd }: NormalPrior, lower: number, upper: number) {
  const [a, b] = [(lower - mean) / sd, (upper - mean) / sd];
  const side = a > 0 ? -1 : 1;
  return { side, from: normalCumulative(side * a), to: normalCumulative(side * b) };
}

/** ln of the probability between the bounds; −Infinity where nothing of it is left in double precision. */
export function logNormalMass(prior: NormalPrior, lower: number, upper: number): number {
  const { from, to } = seen(prior, lower, upper);
  return Math.log(Math.abs(to - from));
}

/** The quantile function of the prior cut at the bounds. */
export function boundedNormal(prior: NormalPrior, lower: number, upper: number): (p: number) => number {
  const { side, from, to } = seen(prior, lower, upper);
  return (p) => Math.min(Math.max(prior.mean + side * prior.sd * normalQuantile(from + (to - from) * p), lower), upper);
}
