// First pass of clip_norm: the sum of squares of each chunk of gradients, four vectors a thread.
//! use clip_norm grid squares
@group(0) @binding(2) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = flat_group(group, groups);
  var sum = vec2(0.0);
  for (var i = chunk * (CHUNK / 4u) + lane; i < min(p.n / 4u, (chunk + 1u) * (CHUNK / 4u)); i += 256u) {
    sum += squares_of(gradients[p.gradients_at / 4u + i]);
  }
  sum = group_sum(lane, sum);
  if (lane == 0u && chunk * CHUNK < p.n) {
    store_part(chunk, sum);
  }
}
