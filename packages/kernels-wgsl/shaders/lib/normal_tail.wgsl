// The tail of the normal distribution, for GELU and its slope.
// ½ erfc(x/√2), the probability beyond x ≥ 0, to 2.5e-8: 1 / (1 + r)⁸, as lib/gelu_single.ts of kernels-wasm has it.
fn normal_tail(x: f32) -> f32 {
  var r = x * 2.6148115921387216e-6 - 1.1411712875997182e-5;
  r = r * x + 7.431346602970734e-5;
  r = r * x + 0.00019843620248138905;
  r = r * x + 0.000968512031249702;
  r = r * x + 0.009440302848815918;
  r = r * x + 0.048818185925483704;
  r = r * x + 0.10876208543777466;
  r = r * x + 0.09050773084163666;
  r *= r + 2.0;
  r *= r + 2.0;
  r *= r + 2.0;
  return select(1.0 / (r + 1.0), 0.0, x > 13.0);
}
