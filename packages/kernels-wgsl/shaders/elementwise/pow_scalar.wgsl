// a^p for one exponent. 2, 3, ½, −1 and −½ take products, roots and quotients; ½ and −½ are +0 and +∞ at −0, as pow has it.
//! use pow quotient
fn pow_scalar_f32(a: f32, p: f32) -> f32 {
  if (p == 2.0) {
    return a * a;
  }
  if (p == 3.0) {
    return a * a * a;
  }
  if (p == -1.0) {
    return quotient(1.0, a);
  }
  let bounded = select(a, infinity(), is_infinite(a));
  if (p == 0.5) {
    return root(select(bounded, 0.0, a == 0.0));
  }
  if (p == -0.5) {
    return reciprocal_root(select(bounded, 0.0, a == 0.0));
  }
  return power(a, p);
}
