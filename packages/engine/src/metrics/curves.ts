/** How well scores rank positives before negatives; definitions and edge cases are those of scikit-learn 1.x `sklearn.metrics`. */
import { TetradError } from "../errors.js";

export interface RocCurve {
  /** Share of negatives at or above each threshold, rising */
  readonly falsePositiveRate: readonly number[];
  /** Share of positives at or above each threshold */
  readonly truePositiveRate: readonly number[];
  /** Falling; the first is Infinity, where nothing is called positive */
  readonly thresholds: readonly number[];
}

export interface PrecisionRecallCurve {
  /** By rising threshold; the last is 1, where nothing is called positive */
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  /** One fewer than the others */
  readonly thresholds: readonly number[];
}

interface Counts {
  readonly falsePositives: number[];
  readonly truePositives: number[];
  readonly thresholds: number[];
}

/** Positives and negatives at or above each distinct score, from the highest. */
function counts(op: string, target: ArrayLike<number | boolean>, scores: ArrayLike<number>): Counts {
  if (target.length !== scores.length || target.length === 0) {
    throw new TetradError("SHAPE", {
      op,
      what: "targets and scores must be as many, and at least one",
      got: `${target.length} and ${scores.length}`,
    });
  }
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const result: Counts = { falsePositives: [], truePositives: [], thresholds: [] };
  let [positives, negatives] = [0, 0];
  order.forEach((i, k) => {
    if (Number(target[i]) === 1) positives++;
    else negatives++;
    const next = order[k + 1];
    if (next !== undefined && scores[next] === scores[i]) return;
    result.falsePositives.push(negatives);
    result.truePositives.push(positives);
    result.thresholds.push(scores[i] as number);
  });
  return result;
}

/**
 * @param target 1 or true where positive
 * @param dropCollinear leaves out points on a line between their neighbours
 */
export function rocCurve(
  target: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  { dropCollinear = true }: { readonly dropCollinear?: boolean } = {},
): RocCurve {
  const { falsePositives, truePositives, thresholds } = counts("rocCurve", target, scores);
  const bend = (list: readonly number[], i: number) => (list[i + 1] as number) - 2 * (list[i] as number) + (list[i - 1] as number) !== 0;
  const last = thresholds.length - 1;
  const kept = thresholds.map((_, i) => !dropCollinear || i === 0 || i === last || bend(falsePositives, i) || bend(truePositives, i));
  const rates = (list: readonly number[]) => [0, ...list.filter((_, i) => kept[i])].map((count) => count / (list[last] as number));
  return {
    falsePositiveRate: rates(falsePositives),
    truePositiveRate: rates(truePositives),
    thresholds: [Number.POSITIVE_INFINITY, ...thresholds.filter((_, i) => kept[i])],
  };
}

/** Area under the ROC curve; NaN where only one class occurs. */
export function rocAuc(target: ArrayLike<number | boolean>, scores: ArrayLike<number>): number {
  const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(target, scores, { dropCollinear: false });
  let area = 0;
  for (let i = 1; i < x.length; i++) area += (((x[i] as number) - (x[i - 1] as number)) * ((y[i] as number) + (y[i - 1] as number))) / 2;
  return area;
}

/** Each class against the others, or against each other one (Hand and Till 2001). */
export interface MulticlassAucOptions {
  readonly compare?: "ovr" | "ovo";
  /** `micro`, of all pairs of sample and class, with ovr only */
  readonly average?: "macro" | "weighted" | "micro";
}

/**
 * @param target class numbers (N)
 * @param probabilities (N, C), row-major
 */
export function rocAucMulticlass(
  target: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { compare = "ovr", average = "macro" }: MulticlassAucOptions = {},
): number {
  const classes = classCount("rocAucMulticlass", target, probabilities);
  const samples = Array.from({ length: target.length }, (_, i) => i);
  const scoreOf = (i: number, c: number) => probabilities[i * classes + c] as number;
  const all = Array.from({ length: classes }, (_, c) => c);
  if (compare === "ovr") {
    if (average === "micro") {
      return rocAuc(
        samples.flatMap((i) => all.map((c) => target[i] === c)),
        probabilities,
      );
    }
    const areas = rocAucPerClass(target, probabilities);
    const weights = all.map((c) => (average === "macro" ? 1 / classes : samples.filter((i) => target[i] === c).length / samples.length));
    // A class without weight is left out: its own area is not defined.
    return areas.reduce((sum, area, c) => sum + (weights[c] === 0 ? 0 : area * (weights[c] as number)), 0);
  }
  const pairs = all.flatMap((a) => all.slice(a + 1).map((b) => [a, b] as const));
  const results = pairs.map(([a, b]) => {
    const own = samples.filter((i) => target[i] === a || target[i] === b);
    const area = (one: number) =>
      rocAuc(
        own.map((i) => target[i] === one),
        own.map((i) => scoreOf(i, one)),
      );
    return { area: (area(a) + area(b)) / 2, share: own.length / samples.length };
  });
  const total = average === "macro" ? results.length : results.reduce((sum, { share }) => sum + share, 0);
  return results.reduce((sum, { area, share }) => sum + area * (average === "macro" ? 1 : share), 0) / total;
}

/** Area of each class against the others; NaN for one that never is, or always. */
export function rocAucPerClass(target: ArrayLike<number>, probabilities: ArrayLike<number>): number[] {
  const classes = classCount("rocAucPerClass", target, probabilities);
  return Array.from({ length: classes }, (_, c) =>
    rocAuc(
      Array.from(target, (label) => label === c),
      Array.from({ length: target.length }, (_, i) => probabilities[i * classes + c] as number),
    ),
  );
}

export function precisionRecallCurve(target: ArrayLike<number | boolean>, scores: ArrayLike<number>): PrecisionRecallCurve {
  const { falsePositives, truePositives, thresholds } = counts("precisionRecallCurve", target, scores);
  const total = truePositives.at(-1) as number;
  const precision = truePositives.map((count, i) => count / (count + (falsePositives[i] as number)));
  const recall = truePositives.map((count) => (total === 0 ? 1 : count / total));
  return { precision: [...precision.reverse(), 1], recall: [...recall.reverse(), 0], thresholds: [...thresholds].reverse() };
}

/** Mean precision over the steps of recall, not interpolated. */
export function averagePrecision(target: ArrayLike<number | boolean>, scores: ArrayLike<number>): number {
  const { precision, recall } = precisionRecallCurve(target, scores);
  let sum = 0;
  for (let i = 0; i + 1 < recall.length; i++) sum += ((recall[i] as number) - (recall[i + 1] as number)) * (precision[i] as number);
  return sum;
}

/** How many classes (N, C) probabilities have. @throws TetradError SHAPE */
export function classCount(op: string, target: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  const classes = probabilities.length / target.length;
  if (Number.isInteger(classes) && classes >= 2) return classes;
  throw new TetradError("SHAPE", {
    op,
    what: "targets and probabilities do not fit",
    got: `${probabilities.length} probabilities for ${target.length} targets`,
    expected: "(samples, classes), two classes at least",
  });
}
