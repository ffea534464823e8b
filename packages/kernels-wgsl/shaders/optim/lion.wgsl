// Lion (Chen et al. 2023, arXiv 2302.06675): the sign of an interpolated momentum, decoupled decay.
//! use averages grid step_scalars
struct Params {
  params_at: u32,
  momentum_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  beta1: f32,
  beta1_low: f32,
  beta2: f32,
  beta2_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> momentum: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh1 = complement(p.beta1, p.beta1_low);
  let fresh2 = complement(p.beta2, p.beta2_low);
  let shrink = 1.0 - lr * p.weight_decay;
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min(p.n / 4u, first + 64u * ROUNDS); i += 64u) {
    let g = gradients[p.gradients_at / 4u + i] * scale;
    let m = momentum[p.momentum_at / 4u + i];
    params[p.params_at / 4u + i] = params[p.params_at / 4u + i] * shrink - lr * sign(p.beta1 * m + fresh1 * g);
    momentum[p.momentum_at / 4u + i] = p.beta2 * m + fresh2 * g;
  }
}
