/**
 * Adagrad (Duchi, Hazan and Singer 2011) with PyTorch's rate decay. Words: params, sum of squares, gradients, step scalars, n
 * (whole vectors), then f64 lr_decay, eps, weight_decay, lr_scale.
 */
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, STEP, stopped } from "../lib/step";

const UNIT: i32 = 64;

function adagrad<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const squares = load<usize>(p, 4);
  const gradients = load<usize>(p, 8);
  const scalars = load<usize>(p, 12);
  const n = load<i32>(p, 16);
  const lr_decay = load<f64>(p, 20);
  const eps = v128.splat<T>(<T>load<f64>(p, 28));
  const decay = v128.splat<T>(<T>load<f64>(p, 36));
  const lr = v128.splat<T>(<T>((load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 44)) / (1 + load<f64>(scalars, STEP) * lr_decay)));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    const x = v128.load(params + i);
    const g = v128.add<T>(v128.mul<T>(v128.load(gradients + i), scale), v128.mul<T>(decay, x));
    const square = v128.add<T>(v128.load(squares + i), v128.mul<T>(g, g));
    v128.store(squares + i, square);
    v128.store(params + i, v128.sub<T>(x, v128.div<T>(v128.mul<T>(lr, g), v128.add<T>(v128.sqrt<T>(square), eps))));
  }
}

export function adagrad_f32(p: usize, thread: i32, threads: i32): void {
  adagrad<f32>(p, thread, threads);
}

export function adagrad_f64(p: usize, thread: i32, threads: i32): void {
  adagrad<f64>(p, thread, threads);
}
