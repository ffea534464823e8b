/** How `n` items in units of `unit` are shared out: contiguous, in order, sizes differing by at most one unit. */

/** First item of `thread`'s share; the share ends where the next thread's begins, and share_begin(n, unit, threads, threads) = n. */
// @ts-ignore: decorator
@inline
export function share_begin(n: i32, unit: i32, thread: i32, threads: i32): i32 {
  const units = (n + unit - 1) / unit;
  return min(n, <i32>((<i64>units * thread) / threads) * unit);
}

// @ts-ignore: decorator
@inline
export function share_end(n: i32, unit: i32, thread: i32, threads: i32): i32 {
  return share_begin(n, unit, thread + 1, threads);
}

/** Whether threads do well to take whole items: they share out evenly, or there are so many that the odd ones weigh little. Else threads share each item. */
// @ts-ignore: decorator
@inline
export function share_whole(items: i32, threads: i32): bool {
  return items >= threads && (items % threads == 0 || items >= 4 * threads);
}

/**
 * Row at which strip s of m rows begins, `most` rows in a strip (at least 4); strip ceil(m / most) begins at m. As many whole strips as leave no strip below four
 * rows, which would wait for its own sums; what is left is shared evenly.
 */
export function strip_begin(m: i32, most: i32, s: i32): i32 {
  const left = m % most;
  const whole = max(0, m / most - (left == 1 ? 2 : left == 2 || left == 3 ? 1 : 0));
  if (s <= whole) return s * most;
  return whole * most + share_begin(m - whole * most, 1, s - whole, (m + most - 1) / most - whole);
}
