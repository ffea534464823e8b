/** 1 / (1 + e^-x) and tanh, on which most activations rest. */
import { exp_wide } from "./exp";
import { madd } from "./simd";
import { high, horner, k2, low, narrow, pick, sign_of } from "./wide";

// @ts-ignore: decorator
@inline
export function sigmoid_wide<P>(x: v128): v128 {
  if (sizeof<P>() == 4) return v128.div<f64>(k2(1.0), v128.add<f64>(k2(1.0), exp_wide<f32>(v128.neg<f64>(x))));
  // e^-|x| cannot overflow, and the left tail keeps its relative accuracy down to subnormals.
  const e = exp_wide<f64>(v128.or(x, k2(-0.0)));
  const numerator = pick(v128.lt<f64>(x, k2(0.0)), e, k2(1.0));
  return v128.div<f64>(numerator, v128.add<f64>(k2(1.0), e));
}

/** (tanh(x)/x − 1) / x² on |x| ≤ 0.625, z = x²: relative error of tanh 2^-61. */
// @ts-ignore: decorator
@inline
function tanh_polynomial(z: v128): v128 {
  let p = horner(k2(6.042458219443031e-06), z, -3.0187197394136925e-05);
  p = horner(p, z, 9.155838868243744e-05);
  p = horner(p, z, -0.00023701171692542077);
  p = horner(p, z, 0.0005894517941598068);
  p = horner(p, z, -0.0014557259469337273);
  p = horner(p, z, 0.003592113999700519);
  p = horner(p, z, -0.008863234312561205);
  p = horner(p, z, 0.02186948846871434);
  p = horner(p, z, -0.053968253966058866);
  p = horner(p, z, 0.13333333333329742);
  return horner(p, z, -0.33333333333333315);
}

// @ts-ignore: decorator
@inline
export function tanh_wide<P>(x: v128): v128 {
  const a = v128.abs<f64>(x);
  // tanh is 1 to the last bit beyond 20; pmin leaves NaN.
  const e = exp_wide<P>(v128.pmin<f64>(v128.add<f64>(a, a), k2(40.0)));
  const z = v128.mul<f64>(a, a);
  let small: v128;
  let large: v128;
  let bound: f64;
  if (sizeof<P>() == 4) {
    bound = 0.0009765625; // below 2^-10 the next term of the series is under 2^-42
    small = v128.mul<f64>(a, horner(z, k2(-0.3333333333333333), 1.0));
    large = v128.div<f64>(v128.sub<f64>(e, k2(1.0)), v128.add<f64>(e, k2(1.0)));
  } else {
    bound = 0.625;
    small = madd<f64>(v128.mul<f64>(a, z), tanh_polynomial(z), a);
    large = v128.sub<f64>(k2(1.0), v128.div<f64>(k2(2.0), v128.add<f64>(e, k2(1.0))));
  }
  return v128.or(pick(v128.lt<f64>(a, k2(bound)), small, large), sign_of(x));
}

export function sigmoid<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return sigmoid_wide<f64>(x);
  return narrow(sigmoid_wide<f32>(low(x)), sigmoid_wide<f32>(high(x)));
}

export function tanh<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return tanh_wide<f64>(x);
  return narrow(tanh_wide<f32>(low(x)), tanh_wide<f32>(high(x)));
}
