// Last pass of adafactor_vector: the step, with MOMENTUM through the average of updates. What is past the last element is 0 and stays so.
//! use adafactor_vector averages chunks first_lanes grid
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> second: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> momentum: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read> scratch: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let scale = step_scalar(GRADIENT_SCALE);
  let factors_at = 4u * chunks_of(p.n);
  let step = scratch[factors_at];
  let shrink = scratch[factors_at + 1u];
  let fresh = complement(p.beta1, p.beta1_low);
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min((p.n + 3u) / 4u, first + 64u * ROUNDS); i += 64u) {
    let g = gradients[p.gradients_at / 4u + i] * scale;
    var update = first_lanes(step * direction(g, second[p.second_at / 4u + i]), i, p.n);
    if (MOMENTUM != 0) {
      update = p.beta1 * momentum[p.momentum_at / 4u + i] + fresh * update;
      momentum[p.momentum_at / 4u + i] = update;
    }
    params[p.params_at / 4u + i] = params[p.params_at / 4u + i] * shrink - update;
  }
}
