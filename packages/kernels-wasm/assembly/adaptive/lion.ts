/**
 * Lion (Chen et al. 2023, arXiv 2302.06675): the sign of an interpolated momentum, decoupled decay. Words: params, momentum, gradients,
 * step scalars, n (whole vectors), then f64 beta1, beta2, weight_decay, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, stopped } from "../lib/step";

const UNIT: i32 = 64;

/** ±1, 0 for zeros of either sign, NaN for NaN. */
// @ts-ignore: decorator
@inline
function sign<T>(x: v128): v128 {
  const one = v128.splat<T>(1);
  const zero = v128.splat<T>(0);
  const value = v128.sub<T>(v128.and(v128.gt<T>(x, zero), one), v128.and(v128.lt<T>(x, zero), one));
  return v128.bitselect(x, value, v128.ne<T>(x, x));
}

function lion<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const momentum = load<usize>(p, 4);
  const gradients = load<usize>(p, 8);
  const scalars = load<usize>(p, 12);
  const n = load<i32>(p, 16);
  const beta1 = load<f64>(p, 20);
  const beta2 = load<f64>(p, 28);
  const rate = load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 44);
  const lr = v128.splat<T>(<T>rate);
  const shrink = v128.splat<T>(<T>(1 - rate * load<f64>(p, 36)));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const b1 = v128.splat<T>(<T>beta1);
  const one_b1 = v128.splat<T>(<T>(1 - beta1));
  const b2 = v128.splat<T>(<T>beta2);
  const one_b2 = v128.splat<T>(<T>(1 - beta2));
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    const g = v128.mul<T>(v128.load(gradients + i), scale);
    const m = v128.load(momentum + i);
    const direction = sign<T>(v128.add<T>(v128.mul<T>(b1, m), v128.mul<T>(one_b1, g)));
    v128.store(params + i, v128.sub<T>(v128.mul<T>(v128.load(params + i), shrink), v128.mul<T>(lr, direction)));
    v128.store(momentum + i, flush<T>(v128.add<T>(v128.mul<T>(b2, m), v128.mul<T>(one_b2, g))));
  }
}

export function lion_f32(p: usize, thread: i32, threads: i32): void {
  lion<f32>(p, thread, threads);
}

export function lion_f64(p: usize, thread: i32, threads: i32): void {
  lion<f64>(p, thread, threads);
}
