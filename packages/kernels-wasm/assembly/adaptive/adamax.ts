/**
 * Adamax (Kingma and Ba 2015, arXiv 1412.6980, section 7.1) as PyTorch has it: eps joins the gradient's size before the maximum. Words:
 * params, m, u, gradients, step scalars, n (whole vectors), then f64 beta1, beta2, eps, weight_decay, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, power, STEP, stopped } from "../lib/step";

const UNIT: i32 = 64;

function adamax<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const first = load<usize>(p, 4);
  const largest = load<usize>(p, 8);
  const gradients = load<usize>(p, 12);
  const scalars = load<usize>(p, 16);
  const n = load<i32>(p, 20);
  const beta1 = load<f64>(p, 24);
  const b1 = v128.splat<T>(<T>beta1);
  const one_b1 = v128.splat<T>(<T>(1 - beta1));
  const b2 = v128.splat<T>(<T>load<f64>(p, 32));
  const eps = v128.splat<T>(<T>load<f64>(p, 40));
  const decay = v128.splat<T>(<T>load<f64>(p, 48));
  const lr = load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 56);
  const step = v128.splat<T>(<T>(lr / (1 - power(beta1, load<f64>(scalars, STEP) + 1))));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    const x = v128.load(params + i);
    const g = v128.add<T>(v128.mul<T>(v128.load(gradients + i), scale), v128.mul<T>(decay, x));
    const m = flush<T>(v128.add<T>(v128.mul<T>(b1, v128.load(first + i)), v128.mul<T>(one_b1, g)));
    const u = flush<T>(v128.max<T>(v128.mul<T>(b2, v128.load(largest + i)), v128.add<T>(v128.abs<T>(g), eps)));
    v128.store(first + i, m);
    v128.store(largest + i, u);
    v128.store(params + i, v128.sub<T>(x, v128.div<T>(v128.mul<T>(step, m), u)));
  }
}

export function adamax_f32(p: usize, thread: i32, threads: i32): void {
  adamax<f32>(p, thread, threads);
}

export function adamax_f64(p: usize, thread: i32, threads: i32): void {
  adamax<f64>(p, thread, threads);
}
