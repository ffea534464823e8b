// Loss and ln Σ e^logit of each row from what linear_cross_entropy.wgsl leaves of it for each part of the vocabulary, a thread a row.
//! use grid special log linear_cross_entropy_params logit_state
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<storage, read> labels: array<i32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = flat_group(group, groups) * 64u + lane;
  if (row >= p.rows) {
    return;
  }
  var state = scratch[row];
  for (var part = 1u; part < p.parts; part++) {
    state = joined(state, scratch[part * p.rows + row]);
  }
  let whole = state.x + log_own(state.y);
  lse[p.lse_at + row] = whole;
  let label = labels[p.labels_at + row];
  var result = 0.0;
  if (label != p.ignored) {
    let s = p.smoothing;
    result = ((1.0 - s) - p.smoothing_rest) * (whole - state.z) + s * (whole - state.w / f32(p.words));
    result = select(result, not_a_number(), u32(label) >= p.words);
  }
  loss[p.loss_at + row] = result;
}
