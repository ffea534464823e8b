/**
 * Normalisation over sets of slabs: a slab is a run of `span` contiguous elements of one channel, a unit the slabs that share mean and variance:
 * those of one channel over the batch (batchNorm), or of a group of channels in one sample (groupNorm). Moments as in normalise.ts.
 * Layout words at q: units, slabs per unit, span, elements from unit to unit, from slab to slab, channel groups, channels per group, channel step of a
 * slab (1 for groups, 0 for a batch), weight given, bias given, eps (f64).
 */
import { scratch } from "../lib/control";
import { BLOCK, keep_first, total_of } from "../lib/lane_sum";
import { share_begin, share_end } from "../lib/rows";
import { lanes, madd, nmadd, store_partial } from "../lib/simd";
import { k2 } from "../lib/wide";
import { SPLIT_LEAST } from "./normalise";
import { is_far, row_moments, row_sample } from "./row";

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

/** Threads among which the units are shared: one where a second costs more than it brings. */
// @ts-ignore: decorator
@inline
export function workers(q: usize, threads: i32): i32 {
  return <i64>load<i32>(q) * <i64>load<i32>(q, 4) * <i64>load<i32>(q, 8) < SPLIT_LEAST ? 1 : threads;
}

/** y of all units, and the mean and population variance of each where `mean` is not 0. */
export function normalise_slabs<T>(y: usize, mean: usize, variance: usize, x: usize, weight: usize, bias: usize, q: usize, thread: i32, threads: i32): void {
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
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(units, 1, thread, sharers);
  for (let unit = share_begin(units, 1, thread, sharers); unit < end; unit++) {
    const at = <usize>unit * unit_bytes;
    let shift: T = slabs > 0 ? row_sample<T>(x + at, span) : 0;
    let rest: f64 = 0;
    let spread: f64 = 0;
    for (let turn = 0; turn < 2; turn++) {
      let first_moment: f64 = 0;
      let second_moment: f64 = 0;
      for (let s = 0; s < slabs; s++) {
        row_moments<T>(sums, x + at + <usize>s * slab_bytes, span, shift);
        first_moment += load<f64>(sums);
        second_moment += load<f64>(sums, 8);
      }
      rest = first_moment / count;
      spread = second_moment / count - rest * rest;
      if (!is_far(rest, spread)) break;
      if (turn == 0) shift = <T>(<f64>shift + rest);
    }
    spread = max<f64>(0, spread);
    const inverse = 1 / sqrt<f64>(spread + eps_of(q));
    for (let s = 0; s < slabs; s++) {
      const channel = (unit % groups) * per + s * step;
      const scale = inverse * weight_of<T>(q, weight, channel);
      const offset = bias_of<T>(q, bias, channel) - rest * scale;
      const from = at + <usize>s * slab_bytes;
      affine_slab<T>(y + from, x + from, span, shift, <T>scale, <T>offset);
    }
    if (mean != 0) {
      store<T>(mean + <usize>unit * sizeof<T>(), <T>(<f64>shift + rest));
      store<T>(variance + <usize>unit * sizeof<T>(), <T>spread);
    }
  }
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

/**
 * dx of all units. Sums of dy x̂ and dy go to dweight and dbias: per unit (channel step 0), or per slab, to be added over samples by another launch.
 * Scratch holds two f64 a slab in the second case.
 */
export function slabs_backward<T>(dx: usize, dweight: usize, dbias: usize, x: usize, dy: usize, weight: usize, q: usize, thread: i32, threads: i32): void {
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
  const kept = sums + 64;
  const sharers = workers(q, threads);
  if (thread >= sharers) return;
  const end = share_end(units, 1, thread, sharers);
  for (let unit = share_begin(units, 1, thread, sharers); unit < end; unit++) {
    const at = <usize>unit * unit_bytes;
    const first_channel = (unit % groups) * per;
    let shift: T = slabs > 0 ? row_sample<T>(x + at, span) : 0;
    let rest: f64 = 0;
    let spread: f64 = 0;
    let total: f64 = 0;
    let product: f64 = 0;
    for (let turn = 0; turn < 2; turn++) {
      let first_moment: f64 = 0;
      let second_moment: f64 = 0;
      total = 0;
      product = 0;
      for (let s = 0; s < slabs; s++) {
        const from = at + <usize>s * slab_bytes;
        slab_products<T>(sums, x + from, dy + from, span, shift);
        first_moment += load<f64>(sums);
        second_moment += load<f64>(sums, 8);
        const w = step == 0 ? 1 : weight_of<T>(q, weight, first_channel + s);
        total += w * load<f64>(sums, 16);
        product += w * load<f64>(sums, 24);
        if (step != 0) v128.store(kept + (<usize>s << 4), v128.load(sums, 16));
      }
      rest = first_moment / count;
      spread = second_moment / count - rest * rest;
      if (!is_far(rest, spread)) break;
      if (turn == 0) shift = <T>(<f64>shift + rest);
    }
    const inverse = 1 / sqrt<f64>(max<f64>(0, spread) + eps_of(q));
    if (step == 0) {
      store<T>(dweight + <usize>unit * sizeof<T>(), <T>((product - rest * total) * inverse));
      store<T>(dbias + <usize>unit * sizeof<T>(), <T>total);
      const w = weight_of<T>(q, weight, first_channel);
      total *= w;
      product *= w;
    } else {
      for (let s = 0; s < slabs; s++) {
        const sum = load<f64>(kept + (<usize>s << 4));
        const to = (<usize>unit * <usize>slabs + <usize>s) * sizeof<T>();
        store<T>(dweight + to, <T>((load<f64>(kept + (<usize>s << 4), 8) - rest * sum) * inverse));
        store<T>(dbias + to, <T>sum);
      }
    }
    const normal = (product - rest * total) * inverse;
    for (let s = 0; s < slabs; s++) {
      const from = at + <usize>s * slab_bytes;
      const w = weight_of<T>(q, weight, first_channel + s * step);
      slab_dx<T>(dx + from, x + from, dy + from, span, shift, <T>inverse, <T>(-rest * inverse), <T>w, <T>(total / count), <T>(normal / count));
    }
  }
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

/** dx = (dy · weight − mean − x̂ · product) · inverse, x̂ = (x − shift) · inverse + offset. */
function slab_dx<T>(dx: usize, x: usize, dy: usize, n: i32, shift: T, inverse: T, offset: T, weight: T, mean: T, product: T): void {
  const m = v128.splat<T>(shift);
  const r = v128.splat<T>(inverse);
  const o = v128.splat<T>(offset);
  const w = v128.splat<T>(weight);
  const a = v128.splat<T>(mean);
  const b = v128.splat<T>(product);
  for (let i = 0; i < n; i += lanes<T>()) {
    const h = madd<T>(v128.sub<T>(v128.load(x), m), r, o);
    const v = v128.mul<T>(nmadd<T>(h, b, v128.sub<T>(v128.mul<T>(v128.load(dy), w), a)), r);
    if (n - i >= lanes<T>()) v128.store(dx, v);
    else store_partial<T>(dx, v, n - i);
    dx += 16;
    x += 16;
    dy += 16;
  }
}
