/** How well a theory predicts data that it has not seen, from posterior draws: WAIC, leave-one-out by importance sampling, DIC. All in ln of density: higher is better. */
import { TetradError } from "@tetrad/engine";
import { logSumExp } from "../sample/log-sum.js";
import { paretoSmooth } from "./psis.js";

export interface PredictiveEstimate {
  /** Expected ln predictive density of all data, Σ of the pointwise values. */
  readonly elpd: number;
  /** √(n var) of the pointwise values. */
  readonly error: number;
  /** Effective number of parameters: what knowing the data gained. */
  readonly parameters: number;
  /** [n]. */
  readonly pointwise: Float64Array;
}

export interface LeaveOneOut extends PredictiveEstimate {
  /** Pareto shape of each datum's weights [n]. */
  readonly k: Float64Array;
  /** Shapes above it are not to be trusted: min(1 − 1/log10 S, 0.7) (Vehtari et al. 2024, section 3.2.4). */
  readonly trustBelow: number;
  /** Rows whose shapes are above it. */
  readonly untrusted: readonly number[];
}

/** ln p(y_i | θ_s) as a matrix [S, n], row-major. */
export interface PointwiseDraws {
  readonly values: Float64Array;
  readonly draws: number;
  readonly n: number;
}

function column({ values, draws, n }: PointwiseDraws, i: number): Float64Array {
  return Float64Array.from({ length: draws }, (_, s) => values[s * n + i] as number);
}

function check({ values, draws, n }: PointwiseDraws): void {
  if (draws >= 2 && n >= 1 && values.length === draws * n && values.every(Number.isFinite)) return;
  throw new TetradError("ARGUMENT", {
    op: "verify",
    what: "pointwise ln likelihoods are not a matrix of finite numbers",
    got: `${values.length} values for ${draws} draws of ${n} data`,
    expected: "[draws, data], two draws or more",
  });
}

function summed(pointwise: Float64Array, parameters: number): PredictiveEstimate {
  const n = pointwise.length;
  const elpd = pointwise.reduce((sum, value) => sum + value, 0);
  const spread = pointwise.reduce((sum, value) => sum + (value - elpd / n) ** 2, 0);
  return { elpd, error: Math.sqrt(spread), parameters, pointwise };
}

/**
 * S. Watanabe, J. Mach. Learn. Res. 11 (2010) 3571, eq. 28 ff.; variances over draws divide by S, as ArviZ's do.
 * @throws ARGUMENT for anything but finite [S, n]
 */
export function waic(draws: PointwiseDraws): PredictiveEstimate {
  check(draws);
  let parameters = 0;
  const pointwise = Float64Array.from({ length: draws.n }, (_, i) => {
    const own = column(draws, i);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
    parameters += variance;
    return logSumExp(own) - Math.log(own.length) - variance;
  });
  return summed(pointwise, parameters);
}

/**
 * PSIS-LOO: A. Vehtari, A. Gelman, J. Gabry, Stat. Comput. 27 (2017) 1413.
 * @param efficiency effective over actual draws
 * @throws ARGUMENT as `waic`
 */
export function leaveOneOut(draws: PointwiseDraws, efficiency = 1): LeaveOneOut {
  check(draws);
  const k = new Float64Array(draws.n);
  let seen = 0;
  const pointwise = Float64Array.from({ length: draws.n }, (_, i) => {
    const own = column(draws, i);
    const smoothed = paretoSmooth(
      own.map((value) => -value),
      efficiency,
    );
    k[i] = smoothed.k;
    seen += logSumExp(own) - Math.log(own.length);
    return logSumExp(smoothed.logWeights.map((weight, s) => weight + (own[s] as number)));
  });
  const estimate = summed(pointwise, 0);
  const trustBelow = Math.min(1 - 1 / Math.log10(draws.draws), 0.7);
  const untrusted = Array.from(k, (_, i) => i).filter((i) => !((k[i] as number) <= trustBelow));
  return { ...estimate, parameters: seen - estimate.elpd, k, trustBelow, untrusted };
}

export interface Dic {
  /** −2 ln L at the posterior mean + 2 p_D. */
  readonly dic: number;
  /** p_D: mean of −2 ln L minus its value at the mean. */
  readonly parameters: number;
}

/** D. J. Spiegelhalter et al., J. R. Stat. Soc. B 64 (2002) 583. @param logLikelihoods of draws [S] */
export function dic(logLikelihoods: ArrayLike<number>, atMean: number): Dic {
  let sum = 0;
  for (let s = 0; s < logLikelihoods.length; s++) sum += logLikelihoods[s] as number;
  const parameters = 2 * (atMean - sum / logLikelihoods.length);
  return { dic: -2 * atMean + 2 * parameters, parameters };
}
