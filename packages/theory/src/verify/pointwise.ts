/** ln p(y_i | θ) of every datum: for correlated data given all others, which is what leaving one out means for them. */
import type { Likelihood } from "../likelihood.js";
import type { Observed } from "../likelihood-graph.js";
import { lossOf } from "../loss.js";
import { dot, multiplyTransposed, type Vector } from "../minimise/dense.js";
import { whiten } from "../observations.js";
import { lnGamma } from "../special.js";
import type { PointwiseDraws } from "./information.js";

/**
 * For Gaussian errors with precision P (an offset or a factor that is integrated out lowers it by its direction) and r = y − model:
 * y_i given the others is normal with residual (P r)_i / P_ii and variance 1/P_ii.
 * P.-C. Bürkner, J. Gabry, A. Vehtari, Comput. Stat. 36 (2021) 1243, eq. 11 to 14.
 * @param model at every datum, without offset and factor
 * @returns [n]
 */
export function pointwiseLogLikelihood(one: Observed, model: Vector): Float64Array {
  const { set, observations } = one;
  const { y, n, sigma } = observations;
  const { noise } = set;
  if (noise.kind === "poisson")
    return y.map((count, i) => (count === 0 ? 0 : count * Math.log(model[i] as number)) - (model[i] as number) - lnGamma(count + 1));
  const loss = lossOf(noise);
  if (loss !== undefined) {
    return y.map((value, i) => {
      const z = (value - (model[i] as number)) / (sigma[i] as number);
      return -loss.logNormalisation - Math.log(sigma[i] as number) - 0.5 * loss.deviance(z);
    });
  }
  const directions = nuisanceDirections(one, model);
  const residual = whiten(observations, set.marginaliseScale ? y : y.map((value, i) => value - (model[i] as number)), false);
  for (const q of directions) {
    const along = dot(q, residual);
    for (let i = 0; i < n; i++) residual[i] = (residual[i] as number) - along * (q[i] as number);
  }
  const pulled = backward(one, residual); // P r
  const precision = Float64Array.from(diagonalPrecision(one));
  for (const q of directions)
    backward(one, q).forEach((part, i) => {
      precision[i] = (precision[i] as number) - part * part;
    });
  return precision.map((p, i) => 0.5 * Math.log(p / (2 * Math.PI)) - (0.5 * (pulled[i] as number) ** 2) / p);
}

/** Orthonormal directions of whitened space in which nothing is known: the offset's, then the factor's. */
function nuisanceDirections({ set, observations }: Observed, model: Vector): Vector[] {
  const directions: Vector[] = [];
  const add = (column: ArrayLike<number>): void => {
    const v = whiten(observations, column, false);
    for (const q of directions) {
      const along = dot(q, v);
      for (let i = 0; i < v.length; i++) v[i] = (v[i] as number) - along * (q[i] as number);
    }
    const length = Math.sqrt(dot(v, v));
    directions.push(v.map((value) => value / length));
  };
  if (set.marginaliseOffset) add(new Float64Array(observations.n).fill(1));
  if (set.marginaliseScale) add(model);
  return directions;
}

/** Wᵀ v. */
function backward({ observations }: Observed, v: Vector): Vector {
  const { kind, values } = observations.whitening;
  return kind === "diagonal"
    ? v.map((value, i) => value * (values[i] as number))
    : multiplyTransposed(values, v, observations.n, observations.n);
}

const diagonals = new WeakMap<object, Float64Array>();

/** Diagonal of WᵀW, once for all draws. */
function diagonalPrecision({ observations }: Observed): Float64Array {
  const { n, whitening } = observations;
  const known = diagonals.get(whitening);
  if (known !== undefined) return known;
  const { kind, values } = whitening;
  const diagonal = new Float64Array(n);
  if (kind === "diagonal")
    values.forEach((w, i) => {
      diagonal[i] = w * w;
    });
  else
    values.forEach((w, e) => {
      diagonal[e % n] = (diagonal[e % n] as number) + w * w;
    });
  diagonals.set(whitening, diagonal);
  return diagonal;
}

/** A posterior's draws with the models there: what leave-one-out and replicas both want, and for a thousand distances costs most. */
export interface ModelDraws {
  readonly observed: readonly Observed[];
  /** For each draw the model at every datum of each set, without offset or factor. */
  readonly models: readonly (readonly Vector[])[];
}

/** @param draws θ, each [k] */
export function modelDraws(likelihood: Pick<Likelihood, "observed" | "predict">, draws: readonly Vector[]): ModelDraws {
  const { observed } = likelihood;
  return { observed, models: draws.map((theta) => observed.map((_, set) => likelihood.predict(theta, set))) };
}

export function pointwiseDraws({ observed, models }: ModelDraws): PointwiseDraws {
  const n = observed.reduce((sum, { observations }) => sum + observations.n, 0);
  const values = new Float64Array(models.length * n);
  models.forEach((model, s) => {
    let at = s * n;
    observed.forEach((one, set) => {
      values.set(pointwiseLogLikelihood(one, model[set] as Vector), at);
      at += one.observations.n;
    });
  });
  return { values, draws: models.length, n };
}
