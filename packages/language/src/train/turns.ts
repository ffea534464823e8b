/** Whose turn it is, where several lessons are learned together: a step is of one lesson alone (Liu et al. 2019, arXiv:1901.11504). */

import { permute, TetradError } from "@tetrad/engine";

export interface TurnOptions {
  /**
   * How an epoch's steps are shared out: `proportional`, every example of every task once; `temperature`, by the lengths of the tasks to the power of 1/temperature, so
   * that small tasks have more than their share (Raffel et al. 2020, arXiv:1910.10683); `round_robin`, in turn.
   */
  readonly taskSampling?: "proportional" | "temperature" | "round_robin";
  /** Of `temperature`: 1 is proportional, larger is more even; 2 unless told */
  readonly taskTemperature?: number;
}

/** Second word of the permutation's key, apart from that of the order of rows. */
const STREAM = 0x7a5c0;

/**
 * Numbers of lessons, step after step without end.
 * @param passes steps in which each lesson has seen all of its examples; an epoch has as many as these are together
 * @throws TetradError ARGUMENT for a temperature below 1
 */
export function* turnsOf(
  passes: readonly number[],
  { taskSampling = "proportional", taskTemperature = 2 }: TurnOptions,
  seed: number,
): Generator<number, never> {
  if (taskSampling === "round_robin") for (let turn = 0; ; turn++) yield turn % passes.length;
  const counts = taskSampling === "temperature" ? evened(passes, taskTemperature) : passes;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const lessons = counts.flatMap((count, lesson) => new Array<number>(count).fill(lesson));
  for (let epoch = 0; ; epoch++) {
    for (let i = 0; i < all; i++) yield lessons[permute(i, all, [seed >>> 0, STREAM + epoch])] as number;
  }
}

/** As many steps, shared out by the power of 1/temperature of what each had; rounded by largest remainders. */
export function evened(passes: readonly number[], temperature: number): number[] {
  if (!(temperature >= 1))
    throw new TetradError("ARGUMENT", {
      op: "task_temperature",
      what: "it must be 1 or more",
      got: `${temperature}`,
      hint: "1 is proportional, larger is more even",
    });
  const powers = passes.map((steps) => steps ** (1 / temperature));
  const all = passes.reduce((sum, steps) => sum + steps, 0);
  const exact = powers.map((power) => (power / powers.reduce((sum, one) => sum + one, 0)) * all);
  const counts = exact.map(Math.floor);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => ((exact[b] as number) % 1) - ((exact[a] as number) % 1) || a - b);
  let left = all - counts.reduce((sum, count) => sum + count, 0);
  for (const i of byRemainder) if (left-- > 0) (counts[i] as number)++;
  return counts;
}
