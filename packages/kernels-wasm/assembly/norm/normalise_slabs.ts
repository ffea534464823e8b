/** Normalisation over sets of slabs, forward. Where a residual is added, its sum with x is written while the moments are gathered. Words as in slabs.ts. */
import { scratch } from "../lib/control";
import { BLOCK, keep_first, total_of } from "../lib/lane_sum";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";
import { added_sample } from "./normalise";
import { is_far, row_sample } from "./row";
import { add_sums, bias_of, ENTRY, eps_of, INVERSE, REST, SAMPLE, SHIFT, SUMS, TABLE, units_together, weight_of, workers } from "./slabs";

/**
 * y of all units, and the mean and population variance of each where `mean` is not 0. Where `a` is not 0, x = a + b is written while the moments are
 * gathered.
 */
export function normalise_slabs<T>(
  y: usize, mean: usize, variance: usize, x: usize, a: usize, b: usize, weight: usize, bias: usize, q: usize, thread: i32, threads: i32,
): void {
  const units = load<i32>(q);
  const slabs = load<i32>(q, 4);
  const span = load<i32>(q, 8);
  const count = <f64>slabs * <f64>span;
  const unit_bytes = <usize>load<i32>(q, 12) * sizeof<T>();
  const slab_bytes = <usize>load<i32>(q, 16) * sizeof<T>();
  const groups = load<i32>(q, 20);
  const per = load<i32>(q, 24);
  const step = load<i32>(q, 28);
  // Channels of a group lie side by side, and their moments are those of one run.
  const runs = step != 0 ? 1 : slabs;
  const run = step != 0 ? slabs * span : span;
  const sums = scratch(thread);
  const table = sums + TABLE;
  const block = units_together<T>(q);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(units, 1, thread, sharers);
  for (let first = share_begin(units, 1, thread, sharers); first < end; first += block) {
    const n = min(block, end - first);
    const start = <usize>first * unit_bytes;
    memory.fill(table, 0, <usize>n * ENTRY);
    for (let s = 0; s < runs; s++) {
      let at = start + <usize>s * slab_bytes;
      for (let i = 0; i < n; i++) {
        const entry = table + <usize>i * ENTRY;
        if (a != 0) {
          if (s == 0) store<T>(entry, added_sample<T>(sums + SAMPLE, a + at, b + at, run), SHIFT);
          added_moments<T>(sums, x + at, a + at, b + at, run, load<T>(entry, SHIFT));
        } else {
          if (s == 0) store<T>(entry, row_sample<T>(x + at, run), SHIFT);
          run_moments<T>(sums, x + at, run, load<T>(entry, SHIFT));
        }
        add_sums(2, entry, sums);
        at += unit_bytes;
      }
    }
    for (let i = 0; i < n; i++) {
      const entry = table + <usize>i * ENTRY;
      let rest = load<f64>(entry, SUMS) / count;
      let spread = load<f64>(entry, SUMS + 8) / count - rest * rest;
      if (is_far(rest, spread)) {
        const shift = <T>(<f64>load<T>(entry, SHIFT) + rest);
        store<T>(entry, shift, SHIFT);
        v128.store(entry, k2(0), SUMS);
        for (let s = 0; s < runs; s++) {
          run_moments<T>(sums, x + start + <usize>i * unit_bytes + <usize>s * slab_bytes, run, shift);
          add_sums(2, entry, sums);
        }
        rest = load<f64>(entry, SUMS) / count;
        spread = load<f64>(entry, SUMS + 8) / count - rest * rest;
      }
      spread = max<f64>(0, spread);
      store<f64>(entry, rest, REST);
      store<f64>(entry, 1 / sqrt<f64>(spread + eps_of(q)), INVERSE);
      if (mean != 0) {
        const to = <usize>(first + i) * sizeof<T>();
        store<T>(mean + to, <T>(<f64>load<T>(entry, SHIFT) + rest));
        store<T>(variance + to, <T>spread);
      }
    }
    const least = (first % groups) * per;
    for (let s = 0; s < slabs; s++) {
      let at = start + <usize>s * slab_bytes;
      for (let i = 0; i < n; i++) {
        const entry = table + <usize>i * ENTRY;
        const channel = least + i + s * step;
        const scale = load<f64>(entry, INVERSE) * weight_of<T>(q, weight, channel);
        const offset = bias_of<T>(q, bias, channel) - load<f64>(entry, REST) * scale;
        affine_slab<T>(y + at, x + at, span, load<T>(entry, SHIFT), <T>scale, <T>offset);
        at += unit_bytes;
      }
    }
  }
}

/** Σ (x − shift) and Σ (x − shift)² of n elements, to two f64 at `out`. */
function run_moments<T>(out: usize, x: usize, n: i32, shift: T): void {
  moments<T>(false, out, x, 0, 0, n, shift);
}

/** run_moments of x = a + b, which is written. */
function added_moments<T>(out: usize, x: usize, a: usize, b: usize, n: i32, shift: T): void {
  moments<T>(true, out, x, a, b, n, shift);
}

/** Four chains of additions, where each waits for the one before: with two, groupNorm takes 1.2 times as long. ADD is a literal. */
// @ts-ignore: decorator
@inline
function moments<T>(ADD: bool, out: usize, x: usize, a: usize, b: usize, n: i32, shift: T): void {
  const t = v128.splat<T>(shift);
  const zero = k2(0);
  let first_moment: f64 = 0;
  let second_moment: f64 = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const length = min(BLOCK, n - first);
    let a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    let i = 0;
    for (; i <= length - 4 * lanes<T>(); i += 4 * lanes<T>()) {
      let u0 = ADD ? v128.add<T>(v128.load(a), v128.load(b)) : v128.load(x);
      let u1 = ADD ? v128.add<T>(v128.load(a, 16), v128.load(b, 16)) : v128.load(x, 16);
      let u2 = ADD ? v128.add<T>(v128.load(a, 32), v128.load(b, 32)) : v128.load(x, 32);
      let u3 = ADD ? v128.add<T>(v128.load(a, 48), v128.load(b, 48)) : v128.load(x, 48);
      if (ADD) {
        v128.store(x, u0);
        v128.store(x, u1, 16);
        v128.store(x, u2, 32);
        v128.store(x, u3, 48);
        a += 64;
        b += 64;
      }
      u0 = v128.sub<T>(u0, t);
      u1 = v128.sub<T>(u1, t);
      u2 = v128.sub<T>(u2, t);
      u3 = v128.sub<T>(u3, t);
      a0 = v128.add<T>(a0, u0);
      a1 = v128.add<T>(a1, u1);
      a2 = v128.add<T>(a2, u2);
      a3 = v128.add<T>(a3, u3);
      b0 = madd<T>(u0, u0, b0);
      b1 = madd<T>(u1, u1, b1);
      b2 = madd<T>(u2, u2, b2);
      b3 = madd<T>(u3, u3, b3);
      x += 64;
    }
    for (; i < length; i += lanes<T>()) {
      let u = ADD ? v128.add<T>(v128.load(a), v128.load(b)) : v128.load(x);
      if (ADD) {
        store_partial<T>(x, u, length - i);
        a += 16;
        b += 16;
      }
      u = keep_first<T>(v128.sub<T>(u, t), length - i);
      a0 = v128.add<T>(a0, u);
      b0 = madd<T>(u, u, b0);
      x += 16;
    }
    first_moment += total_of<T>(v128.add<T>(a0, a2), v128.add<T>(a1, a3));
    second_moment += total_of<T>(v128.add<T>(b0, b2), v128.add<T>(b1, b3));
  }
  store<f64>(out, first_moment);
  store<f64>(out, second_moment, 8);
}

/** y = (x − shift) · scale + offset. */
function affine_slab<T>(y: usize, x: usize, n: i32, shift: T, scale: T, offset: T): void {
  const m = v128.splat<T>(shift);
  const f = v128.splat<T>(scale);
  const o = v128.splat<T>(offset);
  let i = 0;
  for (; i <= n - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    v128.store(y, madd<T>(v128.sub<T>(v128.load(x), m), f, o));
    v128.store(y, madd<T>(v128.sub<T>(v128.load(x, 16), m), f, o), 16);
    x += 32;
    y += 32;
  }
  for (; i < n; i += lanes<T>()) {
    store_partial<T>(y, madd<T>(v128.sub<T>(v128.load(x), m), f, o), n - i);
    x += 16;
    y += 16;
  }
}
