// First pass of clip_norm: the sum of squares of each chunk of 4,096 gradients, four vectors a thread.
//! use grid squares
struct Params {
  scalars_at: u32,
  gradients_at: u32,
  n: u32,
  limit: f32,
  limit_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = flat_group(group, groups);
  var sum = vec2(0.0);
  for (var i = chunk * 1024u + lane; i < min(p.n / 4u, (chunk + 1u) * 1024u); i += 256u) {
    sum += squares_of(gradients[p.gradients_at / 4u + i]);
  }
  sum = group_sum(lane, sum);
  if (lane == 0u && chunk * 4096u < p.n) {
    store_part(chunk, sum);
  }
}
