/** Draws as a table: one row a point, whichever sampler made it. What chain files and charts are written from. */
import { pooled } from "../diagnose/ranks.js";
import { freeParameters, type Theory } from "../theory.js";
import type { ChainDraws } from "./chain.js";
import { derivedDraws } from "./theory-target.js";

export interface DrawColumn {
  readonly name: string;
  readonly values: Float64Array;
}

export interface DrawTable {
  /** Chain of each point, from 0. */
  readonly chain: Int32Array;
  /** Iteration of each point within its chain, from 0. */
  readonly draw: Int32Array;
  /** Posterior weights; undefined where all points count alike. */
  readonly weight?: Float64Array;
  /** Free parameters, then derived quantities. */
  readonly quantities: readonly DrawColumn[];
  /** ln p of each point, or ln L for nested sampling. */
  readonly logDensity: Float64Array;
  readonly statistics: readonly DrawColumn[];
}

/** Free parameters, then derived quantities, of draws θ [n, k]. */
export function quantityColumns(theory: Theory, theta: Float64Array): DrawColumn[] {
  const parameters = freeParameters(theory);
  const k = parameters.length;
  const derived = derivedDraws({ theory, parameters }, theta);
  return [
    ...parameters.map(({ name }, i) => ({
      name,
      values: Float64Array.from({ length: theta.length / k }, (_, d) => theta[d * k + i] as number),
    })),
    ...theory.derived.map(({ name }, i) => ({ name, values: derived[i] as Float64Array })),
  ];
}

/** @param chains at least one */
export function chainTable(theory: Theory, chains: readonly ChainDraws[]): DrawTable {
  const [first] = chains as [ChainDraws, ...ChainDraws[]];
  const place = chains.flatMap(({ draws, rows }, c) => Array.from({ length: draws * rows }, (_, i) => [c, Math.floor(i / rows)] as const));
  return {
    chain: Int32Array.from(place, ([c]) => c),
    draw: Int32Array.from(place, ([, d]) => d),
    quantities: quantityColumns(theory, pooled(chains.map(({ theta }) => theta))),
    logDensity: pooled(chains.map(({ logDensity }) => logDensity)),
    statistics: first.statisticNames.map((name, s) => ({
      name,
      values: pooled(
        chains.map(({ draws, rows, statistics, statisticNames }) =>
          Float64Array.from({ length: draws * rows }, (_, i) => statistics[Math.floor(i / rows) * statisticNames.length + s] as number),
        ),
      ),
    })),
  };
}
