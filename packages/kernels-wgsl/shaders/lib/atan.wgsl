// atan and atan2. Coefficients: Remez.
//! use special
// The angle of the point (x, y) in the first quadrant, or its supplement where `back`, as base ± atan(n/d) with |n/d| ≤ √2 − 1: y/x,
// (y − x)/(y + x) about π/4, or −x/y about π/2. Both moderate, not both 0.
fn quadrant_angle(y: f32, x: f32, back: bool) -> f32 {
  let steep = y > x * 2.4142137;
  let flat = y <= x * 0.41421357;
  let n = select(select(y - x, -x, steep), y, flat);
  let d = select(select(y + x, y, steep), x, flat);
  let t = n / d;
  let z = t * t;
  // (atan(t)/t − 1) / t²: relative error of atan 2^-30
  var p = -0.060888130217790604 * z + 0.10598749667406082;
  p = p * z - 0.1424434632062912;
  p = p * z + 0.19998526573181152;
  p = p * z - 0.33333316445350647;
  let tail = t * z * p;
  // base in quarters of π: 0, 1 or 2, and 4 less that where back
  let quarters = select(select(1.0, 2.0, steep), 0.0, flat);
  let turned = select(quarters, 4.0 - quarters, back);
  let side = select(1.0, -1.0, back);
  return turned * 0.7853981852531433 + (side * t + (side * tail - turned * 2.1855695e-8));
}

fn atan_own(x: f32) -> f32 {
  // 2^60 stands for everything beyond: its arctangent is π/2 too. Below 2^-20 it is x.
  let a = min(abs(x), 1.1529215e18);
  let y = select(quadrant_angle(a, 1.0, false), a, a < 1e-6);
  return select(with_sign_of(y, x), x, is_nan(x));
}

// Angle of the point (x, y), in [−π, π]; zeros and infinities as in C99.
fn atan2_own(y: f32, x: f32) -> f32 {
  let ay = abs(y);
  let ax = abs(x);
  let infinite_x = is_infinite(x);
  let infinite_y = is_infinite(y);
  // Where both are large or both are small quotients lose bits, or the sum overflows; a power of two keeps the angle.
  let largest = max(ay, ax);
  let scale = select(select(1.0, 1.2089258e24, largest < 1e-18), 8.271806e-25, largest > 1e18); // 2^±80
  var py = select(ay * scale, 1.0, infinite_y);
  var px = select(ax * scale, 1.0, infinite_x);
  // An infinite x against a finite y, and y = 0 whatever x is, lie on the axis; an infinite y leaves a finite x nothing.
  let axis = y == 0.0 || (infinite_x && !infinite_y);
  py = select(py, 0.0, axis);
  px = select(select(px, 0.0, infinite_y && !infinite_x), 1.0, axis);
  let angle = with_sign_of(quadrant_angle(py, px, is_negative(x)), y);
  return select(angle, not_a_number(), is_nan(x) || is_nan(y));
}
