/** What a best fit says of one data set: how far each datum lies from the model, and what was marginalised. */

import type { Observed } from "./likelihood-graph.js";
import { lossOf } from "./loss.js";
import { dot, type Vector } from "./minimise/dense.js";
import { whiten } from "./observations.js";
import type { Noise } from "./theory.js";

/** A number that was integrated out: its mean, its standard deviation, and that for exactly known parameters. */
export interface Nuisance {
  readonly value: number;
  readonly uncertainty: number | null;
  readonly uncertaintyGivenTheory: number;
}

export interface Points {
  /** The data's x columns, y and σ, the model there (offset and factor included), and (y − model) whitened, in the rows' order. */
  readonly x: Readonly<Record<string, readonly number[]>>;
  readonly y: readonly number[];
  readonly sigma: readonly number[];
  readonly model: readonly number[];
  readonly pulls: readonly number[];
}

export interface SetFit {
  readonly name: string;
  /** Where the data come from. */
  readonly data: string;
  readonly n: number;
  /** The law of errors that the theory assumes. */
  readonly noise: Noise;
  /** −2 ln of the density where a model meets the data, which `chi2` leaves out: ln det 2πC for Gaussian errors. */
  readonly normalisation: number;
  /** −2 ln of likelihood over that of a perfect model: χ² for Gaussian errors, the Cash statistic for counts. */
  readonly chi2: number;
  /** Where an offset was marginalised. */
  readonly offset: Nuisance | null;
  /** Where a factor was marginalised; its uncertainty is that for exactly known parameters. */
  readonly scale: Nuisance | null;
  readonly points: Points;
}

/** @param model at every datum, without offset and factor; @param propagate standard deviation that the parameters' covariance gives the offset's mean */
export function describeSet({ set, observations }: Observed, model: Vector, propagate: () => number | null): SetFit {
  const { n, y, x, sigma, source, offsetWeights, offsetInformation } = observations;
  let scale: Nuisance | null = null;
  let scaled = model;
  if (set.marginaliseScale) {
    const shape = whiten(observations, model, set.marginaliseOffset);
    const information = dot(shape, shape);
    const value = dot(shape, whiten(observations, y, set.marginaliseOffset)) / information;
    scale = { value, uncertainty: null, uncertaintyGivenTheory: 1 / Math.sqrt(information) };
    scaled = model.map((m) => m * value);
  }
  const residual = y.map((value, i) => value - (scaled[i] as number));
  const shift = set.marginaliseOffset ? dot(offsetWeights, residual) : 0;
  let offset: Nuisance | null = null;
  if (set.marginaliseOffset) {
    const given = 1 / Math.sqrt(offsetInformation);
    const spread = propagate();
    offset = { value: shift, uncertainty: spread === null ? null : Math.hypot(given, spread), uncertaintyGivenTheory: given };
  }
  // Counts scatter by √model, not by √y.
  const pulls =
    set.noise.kind === "poisson"
      ? residual.map((r, i) => r / Math.sqrt(scaled[i] as number))
      : whiten(observations, residual, set.marginaliseOffset);
  return {
    name: set.name,
    data: source,
    n,
    noise: set.noise,
    normalisation: observations.logDeterminant,
    chi2: devianceOf(set.noise, y, scaled, pulls),
    offset,
    scale,
    points: {
      x: Object.fromEntries(Object.entries(x).map(([name, values]) => [name, Array.from(values)])),
      y: Array.from(y),
      sigma: Array.from(sigma),
      model: Array.from(scaled, (value) => value + shift),
      pulls: Array.from(pulls),
    },
  };
}

function devianceOf(noise: Noise, y: Vector, model: Vector, pulls: Vector): number {
  if (noise.kind === "gaussian") return dot(pulls, pulls);
  const loss = lossOf(noise);
  if (loss !== undefined) return pulls.reduce((sum, pull) => sum + loss.deviance(pull), 0);
  return y.reduce((sum, count, i) => {
    const m = model[i] as number;
    return sum + 2 * (count > 0 ? count * (m / count - 1 - Math.log(m / count)) : m);
  }, 0);
}
