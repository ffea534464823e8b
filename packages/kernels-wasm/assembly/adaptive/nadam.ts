/**
 * NAdam (Dozat 2016, "Incorporating Nesterov Momentum into Adam") as PyTorch has it, with its schedule of momenta
 * μ_t = β1 (1 − ½ · 0.96^(t · momentum_decay)). Words: params, m, v, gradients, step scalars, n (whole vectors), decoupled, then f64
 * beta1, beta2, eps, fade = 0.96^momentum_decay, weight_decay, lr_scale.
 */
import { flush } from "../lib/flush";
import { share_begin, share_end } from "../lib/rows";
import { GRADIENT_SCALE, LEARNING_RATE, power, STEP, stopped } from "../lib/step";

const UNIT: i32 = 64;
/** Below it, 1 − Π μ is 1: for β1 = 0.9 the product has come so far after some 370 steps, and no loop is longer. */
const NEGLIGIBLE: f64 = 1e-17;

/** μ_1 … μ_t. The product is no state of its own, so that runs and threads have nothing to agree on. */
function product_of_momenta(beta1: f64, fade: f64, t: f64): f64 {
  let product: f64 = 1;
  let faded: f64 = 1;
  for (let i: f64 = 0; i < t && product > NEGLIGIBLE; i++) {
    faded *= fade;
    product *= beta1 * (1 - 0.5 * faded);
  }
  return product;
}

function nadam<T>(p: usize, thread: i32, threads: i32): void {
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
  const fade = load<f64>(p, 52);
  const decay = load<f64>(p, 60);
  const lr = load<f64>(scalars, LEARNING_RATE) * load<f64>(p, 68);
  const t = load<f64>(scalars, STEP) + 1;
  const mu = beta1 * (1 - 0.5 * power(fade, t));
  const mu_next = beta1 * (1 - 0.5 * power(fade, t + 1));
  const product = product_of_momenta(beta1, fade, t);
  const of_gradient = v128.splat<T>(<T>((lr * (1 - mu)) / (1 - product)));
  const of_momentum = v128.splat<T>(<T>((lr * mu_next) / (1 - product * mu_next)));
  const scale = v128.splat<T>(<T>load<f64>(scalars, GRADIENT_SCALE));
  const b1 = v128.splat<T>(<T>beta1);
  const one_b1 = v128.splat<T>(<T>(1 - beta1));
  const b2 = v128.splat<T>(<T>beta2);
  const one_b2 = v128.splat<T>(<T>(1 - beta2));
  const root_correction = v128.splat<T>(<T>(1 / Math.sqrt(1 - power(beta2, t))));
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
    const root = v128.add<T>(v128.mul<T>(v128.sqrt<T>(v), root_correction), epsilon);
    const update = v128.div<T>(v128.add<T>(v128.mul<T>(of_gradient, g), v128.mul<T>(of_momentum, m)), root);
    v128.store(params + i, v128.sub<T>(v128.mul<T>(x, shrink), update));
  }
}

export function nadam_f32(p: usize, thread: i32, threads: i32): void {
  nadam<f32>(p, thread, threads);
}

export function nadam_f64(p: usize, thread: i32, threads: i32): void {
  nadam<f64>(p, thread, threads);
}
