// Last pass of adafactor_matrix: the step, with MOMENTUM through the average of updates; a thread an element.
//! use adafactor_direction adafactor_matrix averages grid
@group(0) @binding(1) var<storage, read_write> params: array<f32>;
@group(0) @binding(2) var<storage, read> row_means: array<f32>;
@group(0) @binding(3) var<storage, read> column_means: array<f32>;
@group(0) @binding(4) var<storage, read_write> momentum: array<f32>;
@group(0) @binding(5) var<storage, read> gradients: array<f32>;
@group(0) @binding(6) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read> scratch: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (stopped() || i >= all_rows() * p.columns) {
    return;
  }
  let row = i / p.columns;
  var update = scratch[factors_at()] * direction(row, row_root(row), i % p.columns);
  if (MOMENTUM != 0) {
    update = p.beta1 * momentum[p.momentum_at + i] + complement(p.beta1, p.beta1_low) * update;
    momentum[p.momentum_at + i] = update;
  }
  params[p.params_at + i] = params[p.params_at + i] * scratch[factors_at() + 1u] - update;
}
