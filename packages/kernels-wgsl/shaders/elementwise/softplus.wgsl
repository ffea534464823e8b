// log(1 + e^(beta a)) / beta, and a itself where beta a > threshold.
//! use exp log1p quotient
fn softplus_f32(a: f32, beta: f32, threshold: f32) -> f32 {
  let z = a * beta;
  let soft = log1p_own(exp_own(-abs(z)));
  return select(quotient(max(z, 0.0) + soft, beta), a, z > threshold);
}
