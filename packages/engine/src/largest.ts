/**
 * Which of `count` values from `from` on is the largest, counted from there; the first of equals.
 * @param values logits or probabilities, row after row
 */
export function indexOfLargest(values: ArrayLike<number>, from = 0, count = values.length - from): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((values[from + i] as number) > (values[from + best] as number)) best = i;
  return best;
}

/**
 * The largest of any number of values, −Infinity of none, NaN where one is. `Math.max(...values)` puts every value on the stack, which
 * overflows in V8 between 100 and 130 thousand of them.
 */
export function largestOf(values: Iterable<number>): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** The smallest in the same way: Infinity of none. */
export function smallestOf(values: Iterable<number>): number {
  let least = Infinity;
  for (const value of values) least = Math.min(least, value);
  return least;
}
