// Inverse hyperbolic sine: log(1 + x + x²/(1 + √(1 + x²))), and log 2x where the square could overflow.
//! use log log1p special
fn asinh_f32(a: f32) -> f32 {
  let x = abs(a);
  let far = x > 4096.0;
  let inner = min(x, 4096.0);
  let z = inner * inner;
  let near = log1p_own(inner + z / (sqrt(z + 1.0) + 1.0));
  let y = select(near, log_own(x) + 0.6931471805599453, far);
  return select(with_sign_of(y, a), a, is_nan(a));
}
