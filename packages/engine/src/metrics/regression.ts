/** How far predicted numbers lie from true ones; definitions and edge cases are those of scikit-learn 1.x `sklearn.metrics`. */
import { TetradError } from "../errors.js";

export interface RegressionMetrics {
  readonly count: number;
  /** 1 − Σ(y − ŷ)² / Σ(y − ȳ)². For a constant target 1 when perfect, else 0; NaN for a single sample. */
  readonly r2: number;
  readonly mae: number;
  readonly mse: number;
  readonly rmse: number;
  /** 1 − var(y − ŷ) / var(y): r2 without the penalty for a constant bias. */
  readonly explainedVariance: number;
  readonly medianAbsoluteError: number;
  readonly maxError: number;
  /** Mean of |y − ŷ| / max(|y|, 2⁻⁵²), as scikit-learn has it. */
  readonly meanRelativeError: number;
  /** Median and largest of |y − ŷ| / |y| where y is not 0; NaN where it always is. */
  readonly medianRelativeError: number;
  readonly maxRelativeError: number;
}

/** @throws TetradError SHAPE for different lengths, ARGUMENT for no values at all */
export function regressionMetrics(target: ArrayLike<number>, predicted: ArrayLike<number>): RegressionMetrics {
  const n = target.length;
  if (predicted.length !== n)
    throw new TetradError("SHAPE", {
      op: "regressionMetrics",
      what: "target and prediction differ in length",
      got: `${n} and ${predicted.length}`,
    });
  if (n === 0) throw new TetradError("ARGUMENT", { op: "regressionMetrics", what: "there are no values" });
  const y = Float64Array.from(target);
  const error = y.map((value, i) => value - (predicted[i] as number));
  const absolute = error.map(Math.abs).sort();
  const floored = error.map((e, i) => Math.abs(e) / Math.max(Math.abs(y[i] as number), Number.EPSILON));
  const relative = error
    .map((e, i) => Math.abs(e / (y[i] as number)))
    .filter((_, i) => y[i] !== 0)
    .sort();
  const mse = mean(error.map((e) => e * e));
  return {
    count: n,
    r2: n < 2 ? NaN : explained(mse, variance(y)),
    mae: mean(absolute),
    mse,
    rmse: Math.sqrt(mse),
    explainedVariance: explained(variance(error), variance(y)),
    medianAbsoluteError: median(absolute),
    maxError: absolute[n - 1] as number,
    meanRelativeError: mean(floored),
    medianRelativeError: relative.length === 0 ? NaN : median(relative),
    maxRelativeError: relative.at(-1) ?? NaN,
  };
}

function explained(unexplained: number, total: number): number {
  if (total === 0) return unexplained === 0 ? 1 : 0;
  return 1 - unexplained / total;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: Float64Array): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
