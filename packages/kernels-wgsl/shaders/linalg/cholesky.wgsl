// Lower Cholesky factors of the symmetric parts of a batch of matrices, a workgroup of SIDE × SIDE threads a matrix. The upper triangle is
// eliminated in place, row by row, as D Lᵀ, so that threads that are neighbours read neighbours and a row takes one barrier; at last it is
// scaled by the roots of its diagonal and turned into the lower one. A matrix that is not positive definite gives NaN throughout.
//! use grid linalg
struct Params {
  y_at: u32,
  a_at: u32,
  matrices: u32,
  n: u32,
  matrix: u32,
  row: u32,
  column: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let item = flat_group(group, groups);
  if (item >= p.matrices) {
    return;
  }
  let n = p.n;
  let at = p.y_at + item * n * n;
  let source = p.a_at + item * p.matrix;
  for (var i = local.y; i < n; i += SIDE) {
    for (var j = i + local.x; j < n; j += SIDE) {
      y[at + i * n + j] = 0.5 * a[source + i * p.row + j * p.column] + 0.5 * a[source + j * p.row + i * p.column];
    }
  }
  storageBarrier();
  var definite = true;
  for (var step = 0u; step < n; step++) {
    let top = at + step * n;
    let pivot = y[top + step];
    // Positive, normal and finite.
    definite = definite && bitcast<u32>(pivot) - 0x00800000u < 0x7f000000u;
    for (var i = step + 1u + local.y; i < n; i += SIDE) {
      let factor = y[top + i] / pivot;
      for (var j = i + local.x; j < n; j += SIDE) {
        y[at + i * n + j] -= factor * y[top + j];
      }
    }
    storageBarrier();
  }
  for (var i = local.y; i < n; i += SIDE) {
    let root = sqrt(y[at + i * n + i]);
    for (var j = i + 1u + local.x; j < n; j += SIDE) {
      y[at + j * n + i] = select(not_a_number(), y[at + i * n + j] / root, definite);
      y[at + i * n + j] = select(not_a_number(), 0.0, definite);
    }
  }
  storageBarrier();
  for (var i = local.y * SIDE + local.x; i < n; i += SIDE * SIDE) {
    y[at + i * n + i] = select(not_a_number(), sqrt(y[at + i * n + i]), definite);
  }
}
