// First pass of Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) on a parameter that is no matrix: its second moment, kept whole, and
// of each chunk of elements, four vectors a thread, the squares of parameters and directions.
//! use adafactor_vector first_lanes grid squares
@group(0) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> second: array<vec4<f32>>;
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
  let fresh = fresh_share();
  let added = floor_of_squares();
  var of_params = vec2(0.0);
  var of_directions = vec2(0.0);
  for (var i = chunk * (CHUNK / 4u) + lane; i < min((p.n + 3u) / 4u, (chunk + 1u) * (CHUNK / 4u)); i += 256u) {
    let g = gradients[p.gradients_at / 4u + i] * scale;
    let moment = (1.0 - fresh) * second[p.second_at / 4u + i] + fresh * (g * g + added);
    second[p.second_at / 4u + i] = moment;
    of_params += squares_of(params[p.params_at / 4u + i]);
    // Past the end 0 / 0 is not a number where eps1 is 0.
    of_directions += squares_of(first_lanes(direction(g, moment), i, p.n));
  }
  of_params = group_sum(lane, of_params);
  of_directions = group_sum(lane, of_directions);
  if (lane == 0u) {
    store_part(chunk, of_params);
    store_part(chunks + chunk, of_directions);
  }
}
