/** 1 / (1 + e^−x) and tanh in f64; exp_strip.ts has them in f32. */
import { product_error, sum_error } from "./double";
import { exp_wide } from "./exp";
import { madd } from "./simd";
import { horner, k2, pick, sign_of } from "./wide";

// @ts-ignore: decorator
@inline
export function sigmoid_wide(x: v128): v128 {
  // e^−|x| cannot overflow, and the left tail keeps its relative accuracy down to subnormals.
  const e = exp_wide<f64>(v128.or(x, k2(-0.0)));
  const n = pick(v128.lt<f64>(x, k2(0.0)), e, k2(1.0));
  const d = v128.add<f64>(k2(1.0), e);
  const y = v128.div<f64>(n, d);
  // The remainder of n / (1 + e), 1 + e in two words: saves most of an ulp of two.
  const yd = v128.mul<f64>(y, d);
  const d_lo = sum_error(k2(1.0), e, d);
  const remainder = v128.sub<f64>(v128.sub<f64>(v128.sub<f64>(n, yd), product_error(y, d, yd)), v128.mul<f64>(y, d_lo));
  return v128.add<f64>(y, v128.div<f64>(remainder, d));
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
export function tanh_wide(x: v128): v128 {
  const a = v128.abs<f64>(x);
  const z = v128.mul<f64>(a, a);
  const small = madd<f64>(v128.mul<f64>(a, z), tanh_polynomial(z), a);
  // tanh is 1 to the last bit beyond 20; pmin leaves NaN.
  const e = exp_wide<f64>(v128.pmin<f64>(v128.add<f64>(a, a), k2(40.0)));
  const large = v128.sub<f64>(k2(1.0), v128.div<f64>(k2(2.0), v128.add<f64>(e, k2(1.0))));
  return v128.or(pick(v128.lt<f64>(a, k2(0.625)), small, large), sign_of(x));
}
