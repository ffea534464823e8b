/** Draws as a table: one row a point, whichever sampler made it. What chain files and charts are written from. */
import {
  type Approximation,
  type ChainDraws,
  ChainRandom,
  derivedDraws,
  freeParameters,
  type NestedResult,
  pooled,
  type QuantitySummary,
  resample,
  summariseDraws,
  type Theory,
} from "@tetrad/theory";

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

function quantities(theory: Theory, theta: Float64Array): DrawColumn[] {
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

export function chainTable(theory: Theory, chains: readonly ChainDraws[]): DrawTable {
  const [first] = chains as [ChainDraws, ...ChainDraws[]];
  const place = chains.flatMap(({ draws, rows }, c) => Array.from({ length: draws * rows }, (_, i) => [c, Math.floor(i / rows)] as const));
  return {
    chain: Int32Array.from(place, ([c]) => c),
    draw: Int32Array.from(place, ([, d]) => d),
    quantities: quantities(theory, pooled(chains.map(({ theta }) => theta))),
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

export function nestedTable(theory: Theory, { theta, logLikelihood, weights }: NestedResult): DrawTable {
  return {
    chain: new Int32Array(weights.length),
    draw: Int32Array.from(weights, (_, i) => i),
    weight: weights,
    quantities: quantities(theory, theta),
    logDensity: logLikelihood,
    statistics: [],
  };
}

export function approximationTable(theory: Theory, { theta, logDensity, weights }: Approximation): DrawTable {
  return {
    chain: new Int32Array(weights.length),
    draw: Int32Array.from(weights, (_, i) => i),
    quantities: quantities(theory, theta),
    logDensity,
    statistics: [{ name: "importance_weight", values: weights }],
  };
}

/** The same points with equal weights, for summaries and charts: as many as the weights are worth. */
export function equalDraws(table: DrawTable, effective: number, seed: number): DrawTable {
  if (table.weight === undefined) return table;
  const random = new ChainRandom(seed, 1);
  random.begin(0);
  const chosen = resample(table.weight, Math.max(4, Math.floor(effective)), random);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(chosen, (i) => values[i] as number);
  return {
    chain: new Int32Array(chosen.length),
    draw: Int32Array.from(chosen, (_, i) => i),
    quantities: table.quantities.map(({ name, values }) => ({ name, values: pick(values) })),
    logDensity: pick(table.logDensity),
    statistics: [],
  };
}

export function summaries(table: DrawTable, effective: number): QuantitySummary[] {
  return table.quantities.map(({ name, values }) => summariseDraws(name, values, effective));
}
