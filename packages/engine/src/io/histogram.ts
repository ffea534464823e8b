/** How values are distributed, in the buckets that TensorBoard's histograms have. */
import { TetradError } from "../errors.js";

export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Upper ends of the buckets; a bucket begins where the one before it ends, and its end is not in it. */
  readonly limits: readonly number[];
  /** How many values each bucket has. */
  readonly counts: readonly number[];
}

/**
 * Runs of empty buckets are one bucket, as TensorFlow's `histogram::Histogram` writes them.
 * @param tag whose values they are, for messages
 * @throws TetradError DATA for no value and for one that is not finite
 */
export function histogramOf(tag: string, values: ArrayLike<number>): Histogram {
  if (values.length === 0) throw new TetradError("DATA", { op: `histogram ${tag}`, what: "there are no values" });
  const ends = bucketLimits();
  const all = new Array<number>(ends.length).fill(0);
  let [min, max, sum, sumOfSquares] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value))
      throw new TetradError("DATA", { op: `histogram ${tag}`, what: "a value is not finite", got: `${value} at ${i}` });
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumOfSquares += value * value;
    const bucket = bucketOf(ends, value);
    all[bucket] = (all[bucket] as number) + 1;
  }
  const limits: number[] = [];
  const counts: number[] = [];
  all.forEach((count, i) => {
    if (count === 0 && counts.at(-1) === 0) limits[limits.length - 1] = ends[i] as number;
    else {
      limits.push(ends[i] as number);
      counts.push(count);
    }
  });
  return { min, max, count: values.length, sum, sumOfSquares, limits, counts };
}

/** From 1e-12 to 1e20 in steps of a tenth, their negatives, 0, and the largest numbers of all. */
function bucketLimits(): readonly number[] {
  const positive: number[] = [];
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit);
  positive.push(Number.MAX_VALUE);
  return [...positive.map((limit) => -limit).reverse(), 0, ...positive];
}

/** The first whose end is above the value. */
function bucketOf(ends: readonly number[], value: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
