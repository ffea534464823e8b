// Third pass of adafactor_matrix: the mean of each matrix, by a workgroup each, and the means of columns, by the workgroups behind these.
//! use adafactor_matrix grid
@group(0) @binding(2) var<storage, read> row_means: array<f32>;
@group(0) @binding(3) var<storage, read_write> column_means: array<f32>;
@group(0) @binding(6) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

var<workgroup> sums: array<f32, 64>;

fn whole(matrix: u32, lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < p.rows; i += 64u) {
    sum += row_means[p.row_means_at + matrix * p.rows + i];
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    let mean = sums[0] / f32(p.rows);
    scratch[wholes_at() + matrix] = select(mean, max(mean, p.eps1), torch());
  }
}

fn column(item: u32) {
  if (item >= p.batch * p.columns) {
    return;
  }
  let matrix = item / p.columns;
  var at = column_sums_at() + matrix * column_blocks() * p.columns + item % p.columns;
  var sum = 0.0;
  for (var block = 0u; block < column_blocks(); block++) {
    sum += scratch[at];
    at += p.columns;
  }
  let fresh = fresh_share();
  let mean = p.column_means_at + item;
  column_means[mean] = (1.0 - fresh) * column_means[mean] + fresh * (sum / f32(p.rows) + floor_of_squares());
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let item = flat_group(group, groups);
  if (stopped()) {
    return;
  }
  if (item < p.batch) {
    whole(item, lane);
  } else {
    column((item - p.batch) * 64u + lane);
  }
}
