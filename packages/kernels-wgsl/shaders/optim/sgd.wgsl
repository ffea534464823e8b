// Stochastic gradient descent, with MOMENTUM also dampening and Nesterov's correction as PyTorch has them: the first momentum is the
// first gradient, undamped.
//! use grid step_scalars
struct Params {
  params_at: u32,
  buffer_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  nesterov: u32,
  momentum: f32,
  momentum_low: f32,
  dampening: f32,
  dampening_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> buffer: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh = select(1.0 - p.dampening, 1.0, step_scalar(STEP) == 0.0);
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min(p.n / 4u, first + 64u * ROUNDS); i += 64u) {
    let x = params[p.params_at / 4u + i];
    let g = gradients[p.gradients_at / 4u + i] * scale + p.weight_decay * x;
    var direction = g;
    if (MOMENTUM != 0) {
      let b = p.momentum * buffer[p.buffer_at / 4u + i] + fresh * g;
      buffer[p.buffer_at / 4u + i] = b;
      direction = select(b, g + p.momentum * b, p.nesterov != 0u);
    }
    params[p.params_at / 4u + i] = x - lr * direction;
  }
}
