// Last launch of Muon on one matrix: decoupled decay, then a step along the orthogonal update.
//! use grid step_scalars
struct Params {
  params_at: u32,
  update_at: u32,
  scalars_at: u32,
  n: u32,
  ratio: f32,
  ratio_low: f32,
  weight_decay: f32,
  weight_decay_low: f32,
  lr_scale: f32,
  lr_scale_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> params: array<f32>;
@group(0) @binding(2) var<storage, read> updates: array<f32>;
@group(0) @binding(3) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (stopped() || i >= p.n) {
    return;
  }
  let lr = step_scalar(LEARNING_RATE) * p.lr_scale;
  let x = params[p.params_at + i];
  params[p.params_at + i] = x * (1.0 - lr * p.weight_decay) - lr * p.ratio * updates[p.update_at + i];
}
