// RMSprop (Tieleman and Hinton 2012) as PyTorch has it: eps outside the root, optionally CENTERED (Graves 2013) and with MOMENTUM.
//! use averages grid step_scalars
struct Params {
  params_at: u32,
  squares_at: u32,
  averages_at: u32,
  buffer_at: u32,
  gradients_at: u32,
  scalars_at: u32,
  n: u32,
  alpha: f32,
  alpha_low: f32,
  eps: f32,
  eps_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  momentum: f32,
  momentum_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> squares: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> averages: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> buffer: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh = complement(p.alpha, p.alpha_low);
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min(p.n / 4u, first + 64u * ROUNDS); i += 64u) {
    let x = params[p.params_at / 4u + i];
    let g = gradients[p.gradients_at / 4u + i] * scale + p.weight_decay * x;
    let square = p.alpha * squares[p.squares_at / 4u + i] + fresh * (g * g);
    squares[p.squares_at / 4u + i] = square;
    var variance = square;
    if (CENTERED != 0) {
      let average = p.alpha * averages[p.averages_at / 4u + i] + fresh * g;
      averages[p.averages_at / 4u + i] = average;
      // Where gradients hardly vary, rounding may take it below 0.
      variance = max(square - average * average, vec4(0.0));
    }
    var update = g / (sqrt(variance) + p.eps);
    if (MOMENTUM != 0) {
      update += p.momentum * buffer[p.buffer_at / 4u + i];
      buffer[p.buffer_at / 4u + i] = update;
    }
    params[p.params_at / 4u + i] = x - lr * update;
  }
}
