/**
 * RAdam (Liu et al. 2020, arXiv 1908.03265) as PyTorch has it: plain momentum until the variance of the adaptive rate is tractable, eps
 * before its correction. Words: params, m, v, gradients, step scalars, n (whole vectors), decoupled, then f64 beta1, beta2, eps,
 * weight_decay, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, power, STEP, stopped } from "../lib/step";

const UNIT: i32 = 64;

function radam<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const first = load<usize>(p, 4);
  const second = load<usize>(p, 8);
  const gradients = load<usize>(p, 12);
  const scalars = load<usize>(p, 16);
  const n = load<i32>(p, 20);
  const decoupled = load<i32>(p, 24) != 0;
  const beta1 = load<f64>(p, 28);
  const beta2 = load<f64>(p, 36);
  const epsilon = v128.splat<T>(<T>load<f64>(p, 44));
  const decay = load<f64>(p, 52);
  const lr = load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 60);
  const t = load<f64>(scalars, STEP) + 1;
  const power2 = power(beta2, t);
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * t * power2) / (1 - power2);
  const rectified = length > 5;
  let rate = lr / (1 - power(beta1, t));
  if (rectified) {
    const rectifier = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
    rate *= Math.sqrt(rectifier) * Math.sqrt(1 - power2);
  }
  const step = v128.splat<T>(<T>rate);
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const b1 = v128.splat<T>(<T>beta1);
  const one_b1 = v128.splat<T>(<T>(1 - beta1));
  const b2 = v128.splat<T>(<T>beta2);
  const one_b2 = v128.splat<T>(<T>(1 - beta2));
  const shrink = v128.splat<T>(<T>(decoupled ? 1 - lr * decay : 1));
  const coupled = v128.splat<T>(<T>(decoupled ? 0 : decay));
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    const x = v128.load(params + i);
    const g = v128.add<T>(v128.mul<T>(v128.load(gradients + i), scale), v128.mul<T>(coupled, x));
    const m = flush<T>(v128.add<T>(v128.mul<T>(b1, v128.load(first + i)), v128.mul<T>(one_b1, g)));
    const v = flush<T>(v128.add<T>(v128.mul<T>(b2, v128.load(second + i)), v128.mul<T>(one_b2, v128.mul<T>(g, g))));
    v128.store(first + i, m);
    v128.store(second + i, v);
    let update = v128.mul<T>(step, m);
    if (rectified) update = v128.div<T>(update, v128.add<T>(v128.sqrt<T>(v), epsilon));
    v128.store(params + i, v128.sub<T>(v128.mul<T>(x, shrink), update));
  }
}

export function radam_f32(p: usize, thread: i32, threads: i32): void {
  radam<f32>(p, thread, threads);
}

export function radam_f64(p: usize, thread: i32, threads: i32): void {
  radam<f64>(p, thread, threads);
}
