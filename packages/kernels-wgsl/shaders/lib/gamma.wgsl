// log|Γ|, digamma and trigamma. Small arguments are moved by the recurrence to where a polynomial or a series holds: for log|Γ| those
// between −12 and 8 to [3/2, 5/2], where lgamma(2 + w) = w G(w) keeps the zeros at 1 and 2 exact, for the others those below 3 to [4, 5].
// Others below 0 are reflected. Between the poles the values pass through 0 by cancellation: there the absolute error is small, not the
// relative one. Coefficients: Remez.
//! use double log special trig
const PI = 3.1415927410125732;
const PI_LOW = -8.7422780e-8;

// x less the nearest integer.
fn to_integer(x: f32) -> f32 {
  return x - round(x);
}

// |sin πr|, |r| ≤ ½
fn sin_pi(r: f32) -> f32 {
  let a = abs(r);
  let near = a <= 0.25;
  let turn = select(0.5 - a, a, near);
  let angle = rounded(turn * PI);
  // Below 2^-60 the sine is the angle, and the error of the product would be lost among subnormals.
  let low = select(product_error(turn, PI, angle) + turn * PI_LOW, 0.0, turn < 8.6736174e-19);
  return select(cosine_kernel(angle, low), sine_kernel(angle, low), near);
}

// |cos πr|, |r| ≤ ½
fn cos_pi(r: f32) -> f32 {
  return sin_pi(0.5 - abs(r));
}

// log|Γ(x)|, −12 < x < 8, x no pole
fn lgamma_near(x: f32) -> f32 {
  let n = round(x);
  let w = x - n;
  // lgamma(2 + w) / w on |w| ≤ ½: relative error 2^-26
  var g = -0.00022093355073593557 * w + 0.0005772405420430005;
  g = g * w - 0.0011901785619556904;
  g = g * w + 0.002877085702493787;
  g = g * w - 0.007388291880488396;
  g = g * w + 0.020581617951393127;
  g = g * w - 0.06735194474458694;
  g = g * w + 0.32246702909469604;
  g = g * w + 0.42278432846069336;
  // Γ(x) = Γ(2 + w) (x − 1)(x − 2)…, or Γ(2 + w) / x / (x + 1) / …
  var product = 1.0;
  for (var j = 2.0; j < n; j += 1.0) {
    product *= x - (j - 1.0);
  }
  for (var j = n; j < 2.0; j += 1.0) {
    product *= x + (j - n);
  }
  let shift = log_own(abs(product));
  return w * g + select(shift, -shift, n < 2.0);
}

// log Γ(x), x ≥ 8
fn lgamma_far(x: f32) -> f32 {
  let inverse = 1.0 / x;
  // x (lgamma(x) − (x − ½) log x + x − ½ log 2π): absolute error 2^-29
  let series = inverse * (-0.002762650838121772 * (inverse * inverse) + 0.08333327621221542);
  // (x − ½)(log x − 1) + ½ log 2π − ½ + …: never overflows before the result does
  return (x - 0.5) * (log_own(x) - 1.0) + (series + 0.4189385332046728);
}

// +∞ at 0, −1, −2, … and ±∞
fn lgamma_own(x: f32) -> f32 {
  let a = abs(x);
  let r = to_integer(a);
  if (is_nan(x)) {
    return x;
  }
  if (is_infinite(x) || (x <= 0.0 && r == 0.0)) {
    return infinity();
  }
  if (x > -12.0 && x < 8.0) {
    return lgamma_near(x);
  }
  let value = lgamma_far(a);
  if (x > 0.0) {
    return value;
  }
  // Γ(−a) Γ(a) = −π / (a sin πa)
  return log_own(PI / (a * sin_pi(r))) - value;
}

// ψ(1 + x), x ≥ 0
fn digamma_next(x: f32) -> f32 {
  // 1/(x + 1) + … + 1/(x + m) as one fraction, until x + m + 1 ≥ 4
  var numerator = 0.0;
  var denominator = 1.0;
  var y = x + 1.0;
  for (var j = 0; j < 3; j++) {
    if (y < 4.0) {
      numerator = numerator * y + denominator;
      denominator *= y;
      y += 1.0;
    }
  }
  let inverse = 1.0 / y;
  let z = inverse * inverse;
  // y² (log y − 1/(2y) − ψ(y)), y ≥ 4: absolute error of ψ 2^-31
  var p = 0.003535613650456071 * z - 0.008318518288433552;
  p = p * z + 0.08333318680524826;
  return (log_own(y) - (z * p + 0.5 * inverse)) - numerator / denominator;
}

// ∓∞ at ±0, NaN at −1, −2, … and −∞
fn digamma_own(x: f32) -> f32 {
  let a = abs(x);
  if (is_nan(x) || is_infinite(x)) {
    return select(x, not_a_number(), is_negative(x));
  }
  if (x == 0.0) {
    return times_sign_of(-infinity(), x);
  }
  let next = digamma_next(a);
  if (x > 0.0) {
    return next - 1.0 / x;
  }
  // ψ(−a) = ψ(1 + a) + π cot πa
  let r = to_integer(a);
  let cotangent = times_sign_of(cos_pi(r) * PI / sin_pi(r), r);
  return select(next + cotangent, not_a_number(), r == 0.0);
}

// ψ′(1 + x), x ≥ 0
fn trigamma_next(x: f32) -> f32 {
  var numerator = 0.0;
  var denominator = 1.0;
  var y = x + 1.0;
  for (var j = 0; j < 3; j++) {
    if (y < 4.0) {
      let square = y * y;
      numerator = numerator * square + denominator;
      denominator *= square;
      y += 1.0;
    }
  }
  let inverse = 1.0 / y;
  let z = inverse * inverse;
  // y² (y ψ′(y) − 1 − 1/(2y)), y ≥ 4: relative error of ψ′ 2^-28
  var p = 0.020460670813918114 * z - 0.033220089972019196;
  p = p * z + 0.16666555404663086;
  return (inverse + inverse * (z * p + 0.5 * inverse)) + numerator / denominator;
}

// +∞ at 0, −1, −2, …, NaN at −∞
fn trigamma_own(x: f32) -> f32 {
  let a = abs(x);
  if (is_nan(x) || is_infinite(x)) {
    return select(select(0.0, not_a_number(), is_negative(x)), x, is_nan(x));
  }
  let next = trigamma_next(a);
  if (x > 0.0) {
    let inverse = 1.0 / x;
    return inverse * inverse + next;
  }
  // ψ′(−a) = π² / sin² πa − ψ′(1 + a)
  let sine = sin_pi(to_integer(a));
  let ratio = PI / sine;
  return select(ratio * ratio - next, infinity(), sine == 0.0);
}
