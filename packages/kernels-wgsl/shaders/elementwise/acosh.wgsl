// Inverse hyperbolic cosine: log(1 + t + √(t (a + 1))), t = a − 1, and log 2a where the root could overflow; NaN below 1.
//! use log log1p special
fn acosh_f32(a: f32) -> f32 {
  let far = a > 4096.0;
  let inner = min(a, 4096.0);
  let t = inner - 1.0;
  let near = log1p_own(t + sqrt(t * (inner + 1.0)));
  let y = select(near, log_own(a) + 0.6931471805599453, far);
  return select(y, not_a_number(), a < 1.0 || is_nan(a));
}
