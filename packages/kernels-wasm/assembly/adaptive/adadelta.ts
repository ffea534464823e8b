/**
 * Adadelta (Zeiler 2012, arXiv 1212.5701) as PyTorch has it: eps inside both roots. Words: params, square average, average of squared
 * updates, gradients, step scalars, n (whole vectors), then f64 rho, eps, weight_decay, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, stopped } from "../lib/step";

const UNIT: i32 = 64;

function adadelta<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const squares = load<usize>(p, 4);
  const updates = load<usize>(p, 8);
  const gradients = load<usize>(p, 12);
  const scalars = load<usize>(p, 16);
  const n = load<i32>(p, 20);
  const decay_rate = load<f64>(p, 24);
  const rho = v128.splat<T>(<T>decay_rate);
  const one_rho = v128.splat<T>(<T>(1 - decay_rate));
  const eps = v128.splat<T>(<T>load<f64>(p, 32));
  const decay = v128.splat<T>(<T>load<f64>(p, 40));
  const lr = v128.splat<T>(<T>(load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 48)));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    const x = v128.load(params + i);
    const g = v128.add<T>(v128.mul<T>(v128.load(gradients + i), scale), v128.mul<T>(decay, x));
    const square = flush<T>(v128.add<T>(v128.mul<T>(rho, v128.load(squares + i)), v128.mul<T>(one_rho, v128.mul<T>(g, g))));
    v128.store(squares + i, square);
    const before = v128.load(updates + i);
    // One root of the quotient: two roots and a division would keep the divider busy for half as long again.
    const delta = v128.mul<T>(v128.sqrt<T>(v128.div<T>(v128.add<T>(before, eps), v128.add<T>(square, eps))), g);
    v128.store(updates + i, flush<T>(v128.add<T>(v128.mul<T>(rho, before), v128.mul<T>(one_rho, v128.mul<T>(delta, delta)))));
    v128.store(params + i, v128.sub<T>(x, v128.mul<T>(lr, delta)));
  }
}

export function adadelta_f32(p: usize, thread: i32, threads: i32): void {
  adadelta<f32>(p, thread, threads);
}

export function adadelta_f64(p: usize, thread: i32, threads: i32): void {
  adadelta<f64>(p, thread, threads);
}
