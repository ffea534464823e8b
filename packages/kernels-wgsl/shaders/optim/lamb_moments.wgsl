// First pass of LAMB (You et al. 2020, arXiv 1904.00962) on one parameter: the moments, and of each chunk of elements, four vectors
// a thread, the squares of parameters and directions. What is past the last element is 0 and stays so.
//! use first_lanes grid lamb squares
@group(0) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = flat_group(group, groups);
  let chunks = chunks_of(p.n);
  if (stopped() || chunk >= chunks) {
    return;
  }
  let scale = step_scalar(GRADIENT_SCALE);
  let fresh1 = complement(p.beta1, p.beta1_low);
  let fresh2 = complement(p.beta2, p.beta2_low);
  let factors = corrections();
  var of_params = vec2(0.0);
  var of_directions = vec2(0.0);
  for (var i = chunk * (CHUNK / 4u) + lane; i < min((p.n + 3u) / 4u, (chunk + 1u) * (CHUNK / 4u)); i += 256u) {
    let x = params[p.params_at / 4u + i];
    let g = gradients[p.gradients_at / 4u + i] * scale;
    let first_moment = p.beta1 * m[p.m_at / 4u + i] + fresh1 * g;
    let second_moment = p.beta2 * v[p.v_at / 4u + i] + fresh2 * (g * g);
    m[p.m_at / 4u + i] = first_moment;
    v[p.v_at / 4u + i] = second_moment;
    of_params += squares_of(x);
    // Past the end 0 / 0 is not a number where eps is 0.
    of_directions += squares_of(first_lanes(direction(x, first_moment, second_moment, factors), i, p.n));
  }
  of_params = group_sum(lane, of_params);
  of_directions = group_sum(lane, of_directions);
  if (lane == 0u) {
    store_part(chunk, of_params);
    store_part(chunks + chunk, of_directions);
  }
}
