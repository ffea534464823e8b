/** Sums of numbers that are known by their logarithms. */

/** ln(eᵃ + eᵇ). */
export function logAddExp(a: number, b: number): number {
  if (a === -Infinity) return b;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** ln Σ eˣ. */
export function logSumExp(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
