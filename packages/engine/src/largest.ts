/**
 * Which of `count` values from `from` on is the largest, counted from there; the first of equals.
 * @param values logits or probabilities, row after row
 */
export function indexOfLargest(values: ArrayLike<number>, from = 0, count = values.length - from): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((values[from + i] as number) > (values[from + best] as number)) best = i;
  return best;
}
