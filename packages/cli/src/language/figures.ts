/** Figures of a choice of examples, for intervals and comparisons by the bootstrap. */
import { averageScores, type Statistic } from "@tetrad/engine";

type Labels = readonly string[];

export function meanOf(values: ArrayLike<number>): Statistic {
  return (examples) => {
    let sum = 0;
    for (const i of examples) sum += values[i] as number;
    return sum / examples.length;
  };
}

/** @param measure of the target's and the predicted labels */
export function figureOf(measure: (target: Labels, predicted: Labels) => number, target: Labels, predicted: Labels): Statistic {
  const pick = (labels: Labels, examples: Int32Array) => Array.from(examples, (i) => labels[i] as string);
  return (examples) => measure(pick(target, examples), pick(predicted, examples));
}

export const isRight = (target: Labels, predicted: Labels): boolean[] => target.map((label, i) => label === predicted[i]);

export const accuracyOf = (target: Labels, predicted: Labels): Statistic => meanOf(isRight(target, predicted).map(Number));

export const macroF1Of = (target: Labels, predicted: Labels): Statistic =>
  figureOf((own, said) => averageScores(own, said, "macro").f1, target, predicted);
