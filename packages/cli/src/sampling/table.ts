/** Tables of draws that are weighted or approximate, and the same points with equal weights. */
import {
  type Approximation,
  ChainRandom,
  type DrawTable,
  type NestedResult,
  type QuantitySummary,
  quantityColumns,
  resample,
  summariseDraws,
  type Theory,
} from "@tetrad/theory";

export function nestedTable(theory: Theory, { theta, logLikelihood, weights }: NestedResult): DrawTable {
  return {
    chain: new Int32Array(weights.length),
    draw: Int32Array.from(weights, (_, i) => i),
    weight: weights,
    quantities: quantityColumns(theory, theta),
    logDensity: logLikelihood,
    statistics: [],
  };
}

export function approximationTable(theory: Theory, { theta, logDensity, weights }: Approximation): DrawTable {
  return {
    chain: new Int32Array(weights.length),
    draw: Int32Array.from(weights, (_, i) => i),
    quantities: quantityColumns(theory, theta),
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
