// Adamax (Kingma and Ba 2015, arXiv 1412.6980, section 7.1) as PyTorch has it: eps joins the gradient's size before the maximum.
//! use averages grid step_scalars
struct Params {
  params_at: u32,
  m_at: u32,
  u_at: u32,
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
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> u: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh = complement(p.beta1, p.beta1_low);
  let step = lr / bias_correction(p.beta1, p.beta1_low, step_scalar(STEP) + 1.0);
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min(p.n / 4u, first + 64u * ROUNDS); i += 64u) {
    let x = params[p.params_at / 4u + i];
    let g = gradients[p.gradients_at / 4u + i] * scale + p.weight_decay * x;
    let first_moment = p.beta1 * m[p.m_at / 4u + i] + fresh * g;
    let largest = max(p.beta2 * u[p.u_at / 4u + i], abs(g) + p.eps);
    m[p.m_at / 4u + i] = first_moment;
    u[p.u_at / 4u + i] = largest;
    params[p.params_at / 4u + i] = x - step * first_moment / largest;
  }
}
