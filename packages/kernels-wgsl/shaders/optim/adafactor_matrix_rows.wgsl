// First pass of Adafactor (Shazeer and Stern 2018, arXiv 1804.04235) on a batch of matrices, which keeps of the squared gradients only the
// means of rows and columns: the means of rows, and the squares of the parameters of each workgroup's rows.
//! use adafactor_matrix grid squares
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read_write> row_means: array<f32>;
@group(0) @binding(5) var<storage, read> gradients: array<f32>;
@group(0) @binding(6) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let item = flat_group(group, groups);
  if (stopped() || item >= row_groups()) {
    return;
  }
  let row = item * (256u / LANES) + lane / LANES;
  let scale = step_scalar(GRADIENT_SCALE);
  var of_params = vec2(0.0);
  var sum = 0.0;
  if (row < all_rows()) {
    for (var j = lane % LANES; j < p.columns; j += LANES) {
      let g = gradients[p.gradients_at + row * p.columns + j] * scale;
      sum += g * g;
      of_params += square_of(params[p.params_at + row * p.columns + j]);
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (lane % LANES < half) {
      sums[lane] += sums[lane + half];
    }
    workgroupBarrier();
  }
  of_params = group_sum(lane, of_params);
  if (lane % LANES == 0u && row < all_rows()) {
    let fresh = fresh_share();
    let at = p.row_means_at + row;
    row_means[at] = (1.0 - fresh) * row_means[at] + fresh * (sums[lane] / f32(p.columns) + floor_of_squares());
  }
  if (lane == 0u) {
    store_part(item, of_params);
  }
}
