// Last pass of LAMB: the step along the direction.
//! use chunks first_lanes grid lamb
@group(0) @binding(1) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> m: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read> scratch: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (stopped()) {
    return;
  }
  let step = scratch[4u * chunks_of(p.n)];
  let factors = corrections();
  let first = flat_group(group, groups) * 64u * ROUNDS + lane;
  for (var i = first; i < min((p.n + 3u) / 4u, first + 64u * ROUNDS); i += 64u) {
    let x = params[p.params_at / 4u + i];
    let update = step * direction(x, m[p.m_at / 4u + i], v[p.v_at / 4u + i], factors);
    params[p.params_at / 4u + i] = x - first_lanes(update, i, p.n);
  }
}
