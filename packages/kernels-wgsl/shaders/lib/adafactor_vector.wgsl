// Words of adafactor_vector, and the direction of its step before clipping, which is computed twice.
//! use adafactor
struct Params {
  params_at: u32,
  second_at: u32,
  momentum_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  flags: u32,
  decay_rate: f32,
  decay_rate_low: f32,
  eps1: f32,
  eps1_low: f32,
  eps2: f32,
  eps2_low: f32,
  clip: f32,
  clip_low: f32,
  beta1: f32,
  beta1_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;

fn direction(g: vec4<f32>, second: vec4<f32>) -> vec4<f32> {
  return g / max(sqrt(second), vec4(floor_of_roots()));
}
