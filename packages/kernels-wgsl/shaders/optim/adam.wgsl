// Adam and AdamW on a flat segment (Kingma and Ba 2015; Loshchilov and Hutter 2019), eps added after bias correction as in PyTorch.
// With AMSGRAD (Reddi, Kale and Kumar 2018) the largest second moment so far divides.
//! use averages grid step_scalars
struct Params {
  params_at: u32,
  m_at: u32,
  v_at: u32,
  largest_at: u32,
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
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> largest: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let t = step_scalar(STEP) + 1.0;
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh1 = complement(p.beta1, p.beta1_low);
  let fresh2 = complement(p.beta2, p.beta2_low);
  let step = lr / bias_correction(p.beta1, p.beta1_low, t);
  let root_correction = 1.0 / sqrt(bias_correction(p.beta2, p.beta2_low, t));
  let shrink = select(1.0, 1.0 - lr * p.weight_decay, p.decoupled != 0u);
  let coupled = select(p.weight_decay, 0.0, p.decoupled != 0u);
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min(p.n / 4u, first + 64u * ROUNDS); i += 64u) {
    let x = params[p.params_at / 4u + i];
    let g = gradients[p.gradients_at / 4u + i] * scale + coupled * x;
    let first_moment = p.beta1 * m[p.m_at / 4u + i] + fresh1 * g;
    let second_moment = p.beta2 * v[p.v_at / 4u + i] + fresh2 * (g * g);
    m[p.m_at / 4u + i] = first_moment;
    v[p.v_at / 4u + i] = second_moment;
    var bound = second_moment;
    if (AMSGRAD != 0) {
      bound = max(largest[p.largest_at / 4u + i], bound);
      largest[p.largest_at / 4u + i] = bound;
    }
    params[p.params_at / 4u + i] = x * shrink - step * first_moment / (sqrt(bound) * root_correction + p.eps);
  }
}
