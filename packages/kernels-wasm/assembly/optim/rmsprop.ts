/**
 * RMSprop (Tieleman and Hinton 2012) as PyTorch has it: eps outside the root, optional centring (Graves 2013) and momentum.
 * Words: params, square average, gradient average (0 unless centred), momentum (0 without), gradients, step scalars, n
 * (whole vectors), then f64 alpha, eps, weight_decay, momentum, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, stopped } from "../lib/step";

const UNIT: i32 = 64;

function rmsprop<T>(p: usize, thread: i32, threads: i32): void {
  if (stopped()) return;
  const params = load<usize>(p);
  const squares = load<usize>(p, 4);
  const averages = load<usize>(p, 8);
  const buffer = load<usize>(p, 12);
  const gradients = load<usize>(p, 16);
  const scalars = load<usize>(p, 20);
  const n = load<i32>(p, 24);
  const a = load<f64>(p, 28);
  const alpha = v128.splat<T>(<T>a);
  const one_alpha = v128.splat<T>(<T>(1 - a));
  const eps = v128.splat<T>(<T>load<f64>(p, 36));
  const decay = v128.splat<T>(<T>load<f64>(p, 44));
  const momentum = v128.splat<T>(<T>load<f64>(p, 52));
  const lr = v128.splat<T>(<T>(load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 60)));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const end = <usize>share_end(n, UNIT, thread, threads) * sizeof<T>();
  for (let i = <usize>share_begin(n, UNIT, thread, threads) * sizeof<T>(); i < end; i += 16) {
    const x = v128.load(params + i);
    const g = v128.add<T>(v128.mul<T>(v128.load(gradients + i), scale), v128.mul<T>(decay, x));
    const square = flush<T>(v128.add<T>(v128.mul<T>(alpha, v128.load(squares + i)), v128.mul<T>(one_alpha, v128.mul<T>(g, g))));
    v128.store(squares + i, square);
    let variance = square;
    if (averages != 0) {
      const average = flush<T>(v128.add<T>(v128.mul<T>(alpha, v128.load(averages + i)), v128.mul<T>(one_alpha, g)));
      v128.store(averages + i, average);
      variance = v128.sub<T>(square, v128.mul<T>(average, average));
    }
    let update = v128.div<T>(g, v128.add<T>(v128.sqrt<T>(variance), eps));
    if (buffer != 0) {
      update = flush<T>(v128.add<T>(v128.mul<T>(momentum, v128.load(buffer + i)), update));
      v128.store(buffer + i, update);
    }
    v128.store(params + i, v128.sub<T>(x, v128.mul<T>(lr, update)));
  }
}

export function rmsprop_f32(p: usize, thread: i32, threads: i32): void {
  rmsprop<f32>(p, thread, threads);
}

export function rmsprop_f64(p: usize, thread: i32, threads: i32): void {
  rmsprop<f64>(p, thread, threads);
}
