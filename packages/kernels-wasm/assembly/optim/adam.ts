/**
 * Adam and AdamW on a flat segment (Kingma and Ba 2015; Loshchilov and Hutter 2019), eps added after bias correction as in
 * PyTorch. Words: params, m, v, max_v (0 without AMSGrad), gradients, step scalars, n (whole vectors), decoupled,
 * then f64 beta1, beta2, eps, weight_decay, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, power, STEP, stopped } from "../lib/step";

const UNIT: i32 = 64;

function adam<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const first = load<usize>(p, 4);
  const second = load<usize>(p, 8);
  const largest = load<usize>(p, 12);
  const gradients = load<usize>(p, 16);
  const scalars = load<usize>(p, 20);
  const n = load<i32>(p, 24);
  const decoupled = load<i32>(p, 28) != 0;
  const beta1 = load<f64>(p, 32);
  const beta2 = load<f64>(p, 40);
  const eps = load<f64>(p, 48);
  const decay = load<f64>(p, 56);
  const t = load<f64>(scalars, STEP) + 1;
  const lr = load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 64);
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const b1 = v128.splat<T>(<T>beta1);
  const one_b1 = v128.splat<T>(<T>(1 - beta1));
  const b2 = v128.splat<T>(<T>beta2);
  const one_b2 = v128.splat<T>(<T>(1 - beta2));
  const step = v128.splat<T>(<T>(lr / (1 - power(beta1, t))));
  const root_correction = v128.splat<T>(<T>(1 / Math.sqrt(1 - power(beta2, t))));
  const epsilon = v128.splat<T>(<T>eps);
  const shrink = v128.splat<T>(<T>(decoupled ? 1 - lr * decay : 1));
  const coupled = v128.splat<T>(<T>(decoupled ? 0 : decay));
  const has_coupled = !decoupled && decay != 0;
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    let x = v128.load(params + i);
    let g = v128.mul<T>(v128.load(gradients + i), scale);
    if (has_coupled) g = v128.add<T>(g, v128.mul<T>(coupled, x));
    const m = flush<T>(v128.add<T>(v128.mul<T>(b1, v128.load(first + i)), v128.mul<T>(one_b1, g)));
    const v = flush<T>(v128.add<T>(v128.mul<T>(b2, v128.load(second + i)), v128.mul<T>(one_b2, v128.mul<T>(g, g))));
    v128.store(first + i, m);
    v128.store(second + i, v);
    let bound = v;
    if (largest != 0) {
      bound = v128.max<T>(v128.load(largest + i), v);
      v128.store(largest + i, bound);
    }
    const root = v128.add<T>(v128.mul<T>(v128.sqrt<T>(bound), root_correction), epsilon);
    x = v128.mul<T>(x, shrink);
    v128.store(params + i, v128.sub<T>(x, v128.div<T>(v128.mul<T>(step, m), root)));
  }
}

export function adam_f32(p: usize, thread: i32, threads: i32): void {
  adam<f32>(p, thread, threads);
}

export function adam_f64(p: usize, thread: i32, threads: i32): void {
  adam<f64>(p, thread, threads);
}
