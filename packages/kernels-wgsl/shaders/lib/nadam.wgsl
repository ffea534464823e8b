// Words of NAdam, for both of its passes.
struct Params {
  params_at: u32,
  m_at: u32,
  v_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  decoupled: u32,
  beta1: f32,
  beta1_low: f32,
  beta2: f32,
  beta2_low: f32,
  eps: f32,
  eps_low: f32,
  fade: f32,
  fade_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
