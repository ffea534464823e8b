/**
 * Normalisation over sets of slabs: a slab is a run of `span` contiguous elements of one channel, a unit the slabs that share mean and variance:
 * those of one channel over the batch (batchNorm), or of a group of channels in one sample (groupNorm). Moments as in normalise.ts.
 * Layout words at q: units, slabs per unit, span, elements from unit to unit, from slab to slab, channel groups, channels per group, channel step of a
 * slab (1 for groups, 0 for a batch), weight given, bias given (backward: extra given), eps (f64).
 */
import { SPLIT_LEAST } from "./normalise";

// @ts-ignore: decorator
@inline
export function span_of(q: usize): i32 {
  return load<i32>(q, 8);
}

// @ts-ignore: decorator
@inline
export function eps_of(q: usize): f64 {
  return load<f64>(q, 40);
}

/** Weight of a channel, 1 where there is none. */
// @ts-ignore: decorator
@inline
export function weight_of<T>(q: usize, weight: usize, channel: i32): f64 {
  return load<i32>(q, 32) != 0 ? <f64>load<T>(weight + <usize>channel * sizeof<T>()) : 1;
}

// @ts-ignore: decorator
@inline
export function bias_of<T>(q: usize, bias: usize, channel: i32): f64 {
  return load<i32>(q, 36) != 0 ? <f64>load<T>(bias + <usize>channel * sizeof<T>()) : 0;
}

/** Backward: the operand at `p`, 0 where it was not given. */
// @ts-ignore: decorator
@inline
export function extra_of(q: usize, p: usize): usize {
  return load<i32>(q, 36) != 0 ? load<usize>(p) : 0;
}

/** Threads among which the units are shared: one where a second costs more than it brings. */
// @ts-ignore: decorator
@inline
export function workers(q: usize, threads: i32): i32 {
  return <i64>load<i32>(q) * <i64>load<i32>(q, 4) * <i64>load<i32>(q, 8) < SPLIT_LEAST ? 1 : threads;
}

/**
 * Units of a batch that are gone through together, sample by sample: slabs of neighbouring channels are neighbours in memory, where those of one channel
 * are short runs far apart, each of which a prefetcher has to find anew (16 × 256 × 28 × 28: 1.8 times as fast as channel by channel). In bytes: a run
 * that is long enough, and as much of x as stays in a second-level cache until y is written.
 */
const RUN: i64 = 64 << 10;
const COVERED: i64 = 512 << 10;
const MOST_UNITS: i64 = 64;

// @ts-ignore: decorator
@inline
export function units_together<T>(q: usize): i32 {
  // The slabs of a group are side by side already.
  if (load<i32>(q, 28) != 0) return 1;
  const slab = <i64>load<i32>(q, 8) * sizeof<T>();
  const most = min<i64>(RUN / slab, COVERED / max<i64>(slab, slab * load<i32>(q, 4)));
  return <i32>max<i64>(1, min<i64>(MOST_UNITS, most));
}

/** Scratch: sums of a slab, a sample, then what is known of each unit of a block, in f64 but for the shift. */
export const SAMPLE: usize = 64;
export const TABLE: usize = 192;
export const ENTRY: usize = 64;
export const SHIFT: usize = 0;
export const SUMS: usize = 8;
export const TOTAL: usize = 24;
export const PRODUCT: usize = 32;
export const REST: usize = 40;
export const INVERSE: usize = 48;

/** Adds the COUNT (2 or 4, a literal) sums of a slab to those of its unit; one by one, as they were stored, or the loads would wait for the stores. */
// @ts-ignore: decorator
@inline
export function add_sums(COUNT: i32, entry: usize, sums: usize): void {
  store<f64>(entry, load<f64>(entry, SUMS) + load<f64>(sums), SUMS);
  store<f64>(entry, load<f64>(entry, SUMS + 8) + load<f64>(sums, 8), SUMS + 8);
  if (COUNT == 4) {
    store<f64>(entry, load<f64>(entry, TOTAL) + load<f64>(sums, 16), TOTAL);
    store<f64>(entry, load<f64>(entry, PRODUCT) + load<f64>(sums, 24), PRODUCT);
  }
}
