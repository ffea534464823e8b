// Adagrad (Duchi, Hazan and Singer 2011) with PyTorch's rate decay.
//! use grid step_scalars
struct Params {
  params_at: u32,
  squares_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  lr_decay: f32,
  lr_decay_low: f32,
  eps: f32,
  eps_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> squares: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale / (1.0 + step_scalar(STEP) * p.lr_decay);
  let scale = step_scalar(GRADIENT_SCALE);
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min(p.n / 4u, first + 64u * ROUNDS); i += 64u) {
    let x = params[p.params_at / 4u + i];
    let g = gradients[p.gradients_at / 4u + i] * scale + p.weight_decay * x;
    let square = squares[p.squares_at / 4u + i] + g * g;
    squares[p.squares_at / 4u + i] = square;
    params[p.params_at / 4u + i] = x - lr * g / (sqrt(square) + p.eps);
  }
}
