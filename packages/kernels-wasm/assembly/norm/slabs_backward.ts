/** Gradients of normalisation over sets of slabs: moments are found again from x, as forward, beside the sums that the gradient needs. Words as in slabs.ts. */
import { scratch } from "../lib/control";
import { BLOCK, keep_first, total_of } from "../lib/lane_sum";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, nmadd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";
import { is_far, row_sample } from "./row";
import { add_sums, ENTRY, eps_of, INVERSE, PRODUCT, REST, SHIFT, SUMS, TABLE, TOTAL, units_together, weight_of, workers } from "./slabs";

/**
 * dx of all units. Sums of dy x̂ and dy go to dweight and dbias: per unit (channel step 0), or per slab, to be added over samples by another launch.
 * Scratch holds two f64 a slab in the second case. `extra`, where it is not 0, is added to dx: what flows back to x besides its norm.
 */
export function slabs_backward<T>(
  dx: usize, dweight: usize, dbias: usize, x: usize, dy: usize, extra: usize, weight: usize, q: usize, thread: i32, threads: i32,
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
  const sums = scratch(thread);
  const table = sums + TABLE;
  const kept = table + ENTRY;
  const block = units_together<T>(q);
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(units, 1, thread, sharers);
  for (let first = share_begin(units, 1, thread, sharers); first < end; first += block) {
    const n = min(block, end - first);
    const start = <usize>first * unit_bytes;
    const least = (first % groups) * per;
    memory.fill(table, 0, <usize>n * ENTRY);
    if (n == 1) {
      if (slabs > 0) store<T>(table, row_sample<T>(x + start, span), SHIFT);
      unit_products<T>(table, sums, x + start, dy + start, weight, least, q);
    } else {
      for (let s = 0; s < slabs; s++) {
        let at = start + <usize>s * slab_bytes;
        for (let i = 0; i < n; i++) {
          const entry = table + <usize>i * ENTRY;
          if (s == 0) store<T>(entry, row_sample<T>(x + at, span), SHIFT);
          slab_products<T>(sums, x + at, dy + at, span, load<T>(entry, SHIFT));
          add_sums(4, entry, sums);
          at += unit_bytes;
        }
      }
    }
    for (let i = 0; i < n; i++) {
      const unit = first + i;
      const entry = table + <usize>i * ENTRY;
      let rest = load<f64>(entry, SUMS) / count;
      let spread = load<f64>(entry, SUMS + 8) / count - rest * rest;
      if (is_far(rest, spread)) {
        store<T>(entry, <T>(<f64>load<T>(entry, SHIFT) + rest), SHIFT);
        const from = start + <usize>i * unit_bytes;
        unit_products<T>(entry, sums, x + from, dy + from, weight, least, q);
        rest = load<f64>(entry, SUMS) / count;
        spread = load<f64>(entry, SUMS + 8) / count - rest * rest;
      }
      const inverse = 1 / sqrt<f64>(max<f64>(0, spread) + eps_of(q));
      let total = load<f64>(entry, TOTAL);
      let normal = (load<f64>(entry, PRODUCT) - rest * total) * inverse;
      if (step == 0) {
        store<T>(dweight + <usize>unit * sizeof<T>(), <T>normal);
        store<T>(dbias + <usize>unit * sizeof<T>(), <T>total);
        const w = weight_of<T>(q, weight, unit);
        total *= w;
        normal *= w;
      } else {
        for (let s = 0; s < slabs; s++) {
          const sum = load<f64>(kept + (<usize>s << 4));
          const to = (<usize>unit * <usize>slabs + <usize>s) * sizeof<T>();
          store<T>(dweight + to, <T>((load<f64>(kept + (<usize>s << 4), 8) - rest * sum) * inverse));
          store<T>(dbias + to, <T>sum);
        }
      }
      store<f64>(entry, rest, REST);
      store<f64>(entry, inverse, INVERSE);
      store<f64>(entry, total / count, TOTAL);
      store<f64>(entry, normal / count, PRODUCT);
    }
    for (let s = 0; s < slabs; s++) {
      let at = start + <usize>s * slab_bytes;
      for (let i = 0; i < n; i++) {
        const entry = table + <usize>i * ENTRY;
        const w = <T>weight_of<T>(q, weight, least + i + s * step);
        const shift = load<T>(entry, SHIFT);
        const inverse = load<f64>(entry, INVERSE);
        const r = <T>inverse;
        const o = <T>(-load<f64>(entry, REST) * inverse);
        const g = <T>load<f64>(entry, TOTAL);
        const h = <T>load<f64>(entry, PRODUCT);
        if (extra != 0) slab_dx<T>(true, dx + at, x + at, dy + at, extra + at, span, shift, r, o, w, g, h);
        else slab_dx<T>(false, dx + at, x + at, dy + at, 0, span, shift, r, o, w, g, h);
        at += unit_bytes;
      }
    }
  }
}

/** The sums of all slabs of a unit, by its shift, to its entry. A group's channels have weights of their own, so that sums of each are kept besides. */
function unit_products<T>(entry: usize, sums: usize, x: usize, dy: usize, weight: usize, least: i32, q: usize): void {
  const slabs = load<i32>(q, 4);
  const span = load<i32>(q, 8);
  const slab_bytes = <usize>load<i32>(q, 16) * sizeof<T>();
  const step = load<i32>(q, 28);
  const shift = load<T>(entry, SHIFT);
  let kept = sums + TABLE + ENTRY;
  let first_moment: f64 = 0;
  let second_moment: f64 = 0;
  let total: f64 = 0;
  let product: f64 = 0;
  for (let s = 0; s < slabs; s++) {
    slab_products<T>(sums, x, dy, span, shift);
    x += slab_bytes;
    dy += slab_bytes;
    first_moment += load<f64>(sums);
    second_moment += load<f64>(sums, 8);
    const g = load<f64>(sums, 16);
    const h = load<f64>(sums, 24);
    const w = step == 0 ? 1 : weight_of<T>(q, weight, least + s);
    total += w * g;
    product += w * h;
    if (step != 0) {
      store<f64>(kept, g);
      store<f64>(kept, h, 8);
      kept += 16;
    }
  }
  store<f64>(entry, first_moment, SUMS);
  store<f64>(entry, second_moment, SUMS + 8);
  store<f64>(entry, total, TOTAL);
  store<f64>(entry, product, PRODUCT);
}

/** Σd, Σd², Σdy, Σdy d of n elements, d = x − shift, to four f64. */
function slab_products<T>(out: usize, x: usize, dy: usize, n: i32, shift: T): void {
  const m = v128.splat<T>(shift);
  const zero = k2(0);
  let first_moment: f64 = 0;
  let second_moment: f64 = 0;
  let total: f64 = 0;
  let product: f64 = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const length = min(BLOCK, n - first);
    let a0 = zero, a1 = zero, b0 = zero, b1 = zero, c0 = zero, c1 = zero, d0 = zero, d1 = zero;
    let i = 0;
    for (; i <= length - 2 * lanes<T>(); i += 2 * lanes<T>()) {
      const u = v128.sub<T>(v128.load(x), m);
      const v = v128.sub<T>(v128.load(x, 16), m);
      const g = v128.load(dy);
      const h = v128.load(dy, 16);
      a0 = v128.add<T>(a0, u);
      a1 = v128.add<T>(a1, v);
      b0 = madd<T>(u, u, b0);
      b1 = madd<T>(v, v, b1);
      c0 = v128.add<T>(c0, g);
      c1 = v128.add<T>(c1, h);
      d0 = madd<T>(g, u, d0);
      d1 = madd<T>(h, v, d1);
      x += 32;
      dy += 32;
    }
    for (; i < length; i += lanes<T>()) {
      const u = keep_first<T>(v128.sub<T>(v128.load(x), m), length - i);
      const g = keep_first<T>(v128.load(dy), length - i);
      a0 = v128.add<T>(a0, u);
      b0 = madd<T>(u, u, b0);
      c0 = v128.add<T>(c0, g);
      d0 = madd<T>(g, u, d0);
      x += 16;
      dy += 16;
    }
    first_moment += total_of<T>(a0, a1);
    second_moment += total_of<T>(b0, b1);
    total += total_of<T>(c0, c1);
    product += total_of<T>(d0, d1);
  }
  store<f64>(out, first_moment);
  store<f64>(out, second_moment, 8);
  store<f64>(out, total, 16);
  store<f64>(out, product, 24);
}

/** dx = (dy · weight − mean − x̂ · product) · inverse, x̂ = (x − shift) · inverse + offset, plus `extra` (ADDED, a literal). */
// @ts-ignore: decorator
@inline
function slab_dx<T>(
  ADDED: bool, dx: usize, x: usize, dy: usize, extra: usize, n: i32, shift: T, inverse: T, offset: T, weight: T, mean: T, product: T,
): void {
  const m = v128.splat<T>(shift);
  const r = v128.splat<T>(inverse);
  const o = v128.splat<T>(offset);
  const w = v128.splat<T>(weight);
  const a = v128.splat<T>(mean);
  const b = v128.splat<T>(product);
  let i = 0;
  for (; i <= n - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    const h0 = madd<T>(v128.sub<T>(v128.load(x), m), r, o);
    const h1 = madd<T>(v128.sub<T>(v128.load(x, 16), m), r, o);
    let v0 = v128.mul<T>(nmadd<T>(h0, b, v128.sub<T>(v128.mul<T>(v128.load(dy), w), a)), r);
    let v1 = v128.mul<T>(nmadd<T>(h1, b, v128.sub<T>(v128.mul<T>(v128.load(dy, 16), w), a)), r);
    if (ADDED) {
      v0 = v128.add<T>(v0, v128.load(extra));
      v1 = v128.add<T>(v1, v128.load(extra, 16));
      extra += 32;
    }
    v128.store(dx, v0);
    v128.store(dx, v1, 16);
    dx += 32;
    x += 32;
    dy += 32;
  }
  for (; i < n; i += lanes<T>()) {
    const h = madd<T>(v128.sub<T>(v128.load(x), m), r, o);
    let v = v128.mul<T>(nmadd<T>(h, b, v128.sub<T>(v128.mul<T>(v128.load(dy), w), a)), r);
    if (ADDED) {
      v = v128.add<T>(v, v128.load(extra));
      extra += 16;
    }
    store_partial<T>(dx, v, n - i);
    dx += 16;
    x += 16;
    dy += 16;
  }
}
