/** The schedule of warm-up: a fast start, windows of doubling length that each learn a covariance, a fast end (Stan Reference Manual, "Automatic parameter tuning"). */

const START = 75;
const FIRST_WINDOW = 25;
const END = 50;

export interface Schedule {
  /** Iterations from `from` on learn the covariance … */
  readonly from: number;
  /** … which is put to use after so many iterations each time. Empty for a warm-up too short to learn one. */
  readonly ends: readonly number[];
}

export function schedule(warmup: number): Schedule {
  if (warmup < 20) return { from: warmup, ends: [] };
  const short = START + FIRST_WINDOW + END > warmup;
  const from = short ? Math.floor(0.15 * warmup) : START;
  const last = warmup - (short ? Math.floor(0.1 * warmup) : END);
  const ends: number[] = [];
  let size = short ? last - from : FIRST_WINDOW;
  for (let at = from; at < last; size *= 2) {
    // The last window takes what would not hold another one of twice its size.
    at = at + 3 * size > last ? last : at + size;
    ends.push(at);
  }
  return { from, ends };
}
