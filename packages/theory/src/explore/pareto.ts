/** What joint data trade against each other: the likelihood of each set at the same points, and the points that no other beats in both of two measures. */
import type { FunctionEngine, TheoryData } from "../likelihood.js";
import { observeAll } from "../likelihood.js";
import { columnsOf } from "../observations.js";
import type { Theory } from "../theory.js";
import { createBatch } from "./batch.js";

export interface SetLikelihood {
  readonly name: string;
  /** ln of this set's likelihood at each point [m], without priors. */
  readonly logLikelihood: Float64Array;
}

/**
 * @param theta free parameters of m points, row-major [m, k], as `scan` gives them
 * @returns one for each data set; their sum is the joint ln L
 * @throws as `createLikelihood`
 */
export async function setLikelihoods(
  engine: FunctionEngine,
  theory: Theory,
  data: TheoryData | undefined,
  theta: Float64Array,
): Promise<SetLikelihood[]> {
  const all: SetLikelihood[] = [];
  for (const { set, observations } of observeAll(theory, data)) {
    const alone: Theory = { ...theory, ...set, sets: [set], derived: [] };
    const batch = await createBatch(engine, alone, { [set.name]: columnsOf(set, observations) });
    try {
      all.push({ name: set.name, logLikelihood: batch.evaluate(theta).logLikelihood });
    } finally {
      batch.close();
    }
  }
  return all;
}

/**
 * Points where neither measure can fall without the other's rise (V. Pareto, Manuale di economia politica, 1906).
 * @param first lower is better, as for `second` [m]; points that are not finite in both do not count
 * @returns rows in ascending order of `first`
 */
export function paretoFront(first: ArrayLike<number>, second: ArrayLike<number>): number[] {
  const rows = Array.from(first, (_, row) => row).filter((row) => Number.isFinite(first[row]) && Number.isFinite(second[row]));
  rows.sort((a, b) => (first[a] as number) - (first[b] as number) || (second[a] as number) - (second[b] as number));
  let lowest = Infinity;
  return rows.filter((row) => {
    const better = (second[row] as number) < lowest;
    if (better) lowest = second[row] as number;
    return better;
  });
}
