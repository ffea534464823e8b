/**
 * Stochastic gradient descent with momentum, dampening and Nesterov's correction as PyTorch has them: the first momentum is
 * the first gradient, undamped. Words: params, momentum (0 without), gradients, step scalars, n (whole vectors), nesterov,
 * then f64 momentum, dampening, weight_decay, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, STEP, stopped } from "../lib/step";

const UNIT: i32 = 64;

function sgd<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const buffer = load<usize>(p, 4);
  const gradients = load<usize>(p, 8);
  const scalars = load<usize>(p, 12);
  const n = load<i32>(p, 16);
  const nesterov = load<i32>(p, 20) != 0;
  const momentum = v128.splat<T>(<T>load<f64>(p, 24));
  const fresh = v128.splat<T>(<T>(load<f64>(scalars, STEP) == 0 ? 1 : 1 - load<f64>(p, 32)));
  const decay = v128.splat<T>(<T>load<f64>(p, 40));
  const lr = v128.splat<T>(<T>(load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 48)));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    const x = v128.load(params + i);
    const g = v128.add<T>(v128.mul<T>(v128.load(gradients + i), scale), v128.mul<T>(decay, x));
    let direction = g;
    if (buffer != 0) {
      const b = flush<T>(v128.add<T>(v128.mul<T>(momentum, v128.load(buffer + i)), v128.mul<T>(fresh, g)));
      v128.store(buffer + i, b);
      direction = nesterov ? v128.add<T>(g, v128.mul<T>(momentum, b)) : b;
    }
    v128.store(params + i, v128.sub<T>(x, v128.mul<T>(lr, direction)));
  }
}

export function sgd_f32(p: usize, thread: i32, threads: i32): void {
  sgd<f32>(p, thread, threads);
}

export function sgd_f64(p: usize, thread: i32, threads: i32): void {
  sgd<f64>(p, thread, threads);
}
