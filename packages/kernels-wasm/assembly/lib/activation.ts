/** Activation functions, in f64x2 like the functions they are made of; silu and GELU are here for f64 alone, exp_strip.ts has their f32. */
import { exp_wide } from "./exp";
import { expm1_wide } from "./expm1";
import { log1p_wide } from "./log1p";
import { sigmoid_wide } from "./sigmoid";
import { madd } from "./simd";
import { high, k2, low, narrow, pick, spoil_lowest } from "./wide";

/** 2 √(2/π), and that times 0.044715. */
const GELU_LINEAR: f64 = 1.5957691216057308;
const GELU_CUBIC: f64 = 0.07135481627260025;

/** x / (1 + e^−x) in f64. */
// @ts-ignore: decorator
@inline
export function silu_wide(x: v128): v128 {
  return v128.mul<f64>(x, sigmoid_wide(x));
}

/** ½ x (1 + tanh(√(2/π)(x + 0.044715 x³))) in f64, written as x σ(2 …) so that the left tail does not cancel. */
// @ts-ignore: decorator
@inline
export function gelu_tanh_wide(x: v128): v128 {
  const inner = madd<f64>(v128.mul<f64>(x, x), k2(GELU_CUBIC), k2(GELU_LINEAR));
  return v128.mul<f64>(x, sigmoid_wide(v128.mul<f64>(x, inner)));
}

/** x tanh(log(1 + e^x)) = x n/(n + 2), n = e^x (e^x + 2). */
// @ts-ignore: decorator
@inline
export function mish_wide<P>(x: v128): v128 {
  const e = exp_wide<P>(v128.pmin<f64>(x, k2(40.0))); // from 40 on tanh is 1
  const n = v128.mul<f64>(e, v128.add<f64>(e, k2(2.0)));
  return v128.mul<f64>(x, v128.div<f64>(n, v128.add<f64>(n, k2(2.0))));
}

/** log(1 + e^(beta x)) / beta, and x itself where beta x > threshold. */
// @ts-ignore: decorator
@inline
export function softplus_wide<P>(x: v128, beta: v128, threshold: v128): v128 {
  const z = v128.mul<f64>(x, beta);
  const soft = log1p_wide<P>(exp_wide<P>(v128.or(z, k2(-0.0)))); // of −|z|
  const y = v128.div<f64>(v128.add<f64>(v128.pmax<f64>(z, k2(0.0)), soft), beta);
  return pick(v128.gt<f64>(z, threshold), x, y);
}

/** x where positive, else alpha (e^x − 1). */
// @ts-ignore: decorator
@inline
export function elu_wide<P>(x: v128, alpha: v128): v128 {
  return pick(v128.gt<f64>(x, k2(0.0)), x, v128.mul<f64>(alpha, expm1_wide<P>(x)));
}

export function mish<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return mish_wide<f64>(x);
  return spoil_lowest(x, narrow(mish_wide<f32>(low(x)), mish_wide<f32>(high(x))));
}

/** beta and threshold in both lanes of f64x2. */
export function softplus<T>(x: v128, beta: v128, threshold: v128): v128 {
  if (sizeof<T>() == 8) return softplus_wide<f64>(x, beta, threshold);
  return narrow(softplus_wide<f32>(low(x), beta, threshold), softplus_wide<f32>(high(x), beta, threshold));
}

/** alpha in both lanes of f64x2. */
export function elu<T>(x: v128, alpha: v128): v128 {
  if (sizeof<T>() == 8) return elu_wide<f64>(x, alpha);
  return narrow(elu_wide<f32>(low(x), alpha), elu_wide<f32>(high(x), alpha));
}

// @ts-ignore: decorator
@inline
function rsqrt_wide(x: v128): v128 {
  return v128.div<f64>(k2(1.0), v128.sqrt<f64>(x));
}

/** 1 / √x; for f32 rounded once. */
export function rsqrt<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return rsqrt_wide(x);
  return narrow(rsqrt_wide(low(x)), rsqrt_wide(high(x)));
}
