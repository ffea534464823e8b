/** How good predicted probabilities are; definitions are those of scikit-learn 1.x, of the calibration error Guo et al. 2017 (arXiv:1706.04599). */
import { classCount } from "./curves.js";

/** Mean −ln of the true class's probability, clipped at 2⁻⁵². @param probabilities (N, C), row-major */
export function logLoss(target: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  const classes = classCount("logLoss", target, probabilities);
  let sum = 0;
  for (let i = 0; i < target.length; i++) {
    const p = probabilities[i * classes + (target[i] as number)] as number;
    sum -= Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p)));
  }
  return sum / target.length;
}

/** Mean squared distance of a positive's probability from 1 and a negative's from 0. @param target 1 or true where positive */
export function brierScore(target: ArrayLike<number | boolean>, probabilities: ArrayLike<number>): number {
  return Array.from(target).reduce((sum: number, label, i) => sum + ((probabilities[i] as number) - Number(label)) ** 2, 0) / target.length;
}

/** Brier's own score over all classes, 0 to 2. @param probabilities (N, C), row-major */
export function brierScoreMulticlass(target: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  const classes = classCount("brierScoreMulticlass", target, probabilities);
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    sum += ((probabilities[i] as number) - Number(target[Math.floor(i / classes)] === i % classes)) ** 2;
  }
  return sum / target.length;
}

/** Share of samples whose class is among the `k` most probable; of equal ones the last counts first, as in scikit-learn. */
export function topKAccuracy(target: ArrayLike<number>, probabilities: ArrayLike<number>, k: number): number {
  const classes = classCount("topKAccuracy", target, probabilities);
  let right = 0;
  for (let i = 0; i < target.length; i++) {
    const own = target[i] as number;
    const p = probabilities[i * classes + own] as number;
    let before = 0;
    for (let c = 0; c < classes; c++) {
      const other = probabilities[i * classes + c] as number;
      if (other > p || (other === p && c > own)) before++;
    }
    if (before < k) right++;
  }
  return right / target.length;
}

export interface CalibrationBin {
  readonly count: number;
  /** Share that is right */
  readonly accuracy: number;
  /** Mean of the largest probabilities */
  readonly confidence: number;
}

export interface Calibration {
  /** Mean distance between accuracy and confidence, by samples */
  readonly expectedError: number;
  /** Largest of any bin */
  readonly maximumError: number;
  /** Bin i holds largest probabilities above i/bins up to (i + 1)/bins. */
  readonly bins: readonly CalibrationBin[];
}

/** Whether a classifier is right as often as it says. @param probabilities (N, C), row-major */
export function calibration(
  target: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { bins = 15 }: { readonly bins?: number } = {},
): Calibration {
  const classes = classCount("calibration", target, probabilities);
  const sums = Array.from({ length: bins }, () => ({ count: 0, right: 0, confidence: 0 }));
  for (let i = 0; i < target.length; i++) {
    const row = Array.from({ length: classes }, (_, c) => probabilities[i * classes + c] as number);
    const confidence = Math.max(...row);
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))] as (typeof sums)[number];
    bin.count++;
    bin.confidence += confidence;
    if (row.indexOf(confidence) === target[i]) bin.right++;
  }
  const rows = sums.map(({ count, right, confidence }) =>
    count === 0 ? { count, accuracy: 0, confidence: 0 } : { count, accuracy: right / count, confidence: confidence / count },
  );
  const gaps = rows.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
  return {
    expectedError: rows.reduce((sum, { count }, i) => sum + (count / target.length) * (gaps[i] as number), 0),
    maximumError: Math.max(...gaps),
    bins: rows,
  };
}
