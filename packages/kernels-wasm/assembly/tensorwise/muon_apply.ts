/**
 * Last launch of Muon on one matrix: decoupled decay, then a step along the orthogonal update. Words: params, update, step scalars, n, then
 * f64 ratio of the step to the learning rate, weight_decay, lr_scale.
 */
import { share_begin, share_end } from "../lib/rows";
import { lanes, load_partial, store_partial } from "../lib/simd";
import { LEARNING_RATE, stopped } from "../lib/step";

const UNIT: i32 = 64;

function muon_apply<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const update = load<usize>(p, 4);
  const n = load<i32>(p, 12);
  const lr = load<f64>(load<usize>(p, 8), LEARNING_RATE) * load<f64>(p, 32);
  const step = v128.splat<T>(<T>(lr * load<f64>(p, 16)));
  const shrink = v128.splat<T>(<T>(1 - lr * load<f64>(p, 24)));
  const end = share_end(n, UNIT, thread, threads);
  for (let j = share_begin(n, UNIT, thread, threads); j < end; j += lanes<T>()) {
    const i = <usize>j * sizeof<T>();
    const left = end - j;
    const x = v128.mul<T>(load_partial<T>(params + i, left), shrink);
    store_partial<T>(params + i, v128.sub<T>(x, v128.mul<T>(step, load_partial<T>(update + i, left))), left);
  }
}

export function muon_apply_f32(p: usize, thread: i32, threads: i32): void {
  muon_apply<f32>(p, thread, threads);
}

export function muon_apply_f64(p: usize, thread: i32, threads: i32): void {
  muon_apply<f64>(p, thread, threads);
}
