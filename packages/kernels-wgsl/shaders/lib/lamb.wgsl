// What LAMB's passes share: their words, and the direction of a step, which is computed twice, for its norm and for the step itself.
//! use averages step_scalars
struct Params {
  params_at: u32,
  m_at: u32,
  v_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  beta1: f32,
  beta1_low: f32,
  beta2: f32,
  beta2_low: f32,
  eps: f32,
  eps_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;

// Factors on the first moment and on the root of the second.
fn corrections() -> vec2<f32> {
  let t = step_scalar(STEP) + 1.0;
  return vec2(
    1.0 / bias_correction(p.beta1, p.beta1_low, t),
    1.0 / sqrt(bias_correction(p.beta2, p.beta2_low, t)),
  );
}

// Adam's direction plus decay.
fn direction(x: vec4<f32>, m: vec4<f32>, v: vec4<f32>, corrections: vec2<f32>) -> vec4<f32> {
  return m * corrections.x / (sqrt(v) * corrections.y + p.eps) + p.weight_decay * x;
}
