// LU factors with partial pivoting, a workgroup of SIDE × SIDE threads a matrix: column by column the largest element is searched, its row
// exchanged with the top one, and what lies to the right and below is updated. pivots[k] is the row exchanged with row k.
//! use grid
struct Params {
  y_at: u32,
  pivots_at: u32,
  a_at: u32,
  matrices: u32,
  n: u32,
  matrix: u32,
  row: u32,
  column: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> pivots: array<u32>;
@group(0) @binding(3) var<storage, read> a: array<f32>;

struct Candidate {
  size: f32,
  row: u32,
}
var<workgroup> partial: array<Candidate, SIDE * SIDE>;
var<workgroup> finalists: array<Candidate, SIDE>;

// The larger one; of equals the upper one.
fn better(left: Candidate, right: Candidate) -> Candidate {
  if (right.size > left.size || (right.size == left.size && right.row < left.row)) {
    return right;
  }
  return left;
}

// The best of all threads' candidates, in two rounds.
fn best_of_all(lane: u32, own: Candidate) -> u32 {
  partial[lane] = own;
  workgroupBarrier();
  if (lane < SIDE) {
    var best = partial[lane];
    for (var i = 1u; i < SIDE; i++) {
      best = better(best, partial[lane + i * SIDE]);
    }
    finalists[lane] = best;
  }
  workgroupBarrier();
  var best = finalists[0];
  for (var i = 1u; i < SIDE; i++) {
    best = better(best, finalists[i]);
  }
  return best.row;
}

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
  let lane = local.y * SIDE + local.x;
  let at = p.y_at + item * n * n;
  let source = p.a_at + item * p.matrix;
  for (var i = local.y; i < n; i += SIDE) {
    for (var j = local.x; j < n; j += SIDE) {
      y[at + i * n + j] = a[source + i * p.row + j * p.column];
    }
  }
  storageBarrier();
  for (var step = 0u; step < n; step++) {
    // Where nothing can be compared, as in a column of NaN, the row stays.
    var own = Candidate(-1.0, step);
    for (var i = step + lane; i < n; i += SIDE * SIDE) {
      let size = abs(y[at + i * n + step]);
      if (size > own.size) {
        own = Candidate(size, i);
      }
    }
    let pivot = best_of_all(lane, own);
    if (lane == 0u) {
      pivots[p.pivots_at + item * n + step] = pivot;
    }
    let top = at + step * n;
    if (pivot != step) {
      for (var j = lane; j < n; j += SIDE * SIDE) {
        let value = y[top + j];
        y[top + j] = y[at + pivot * n + j];
        y[at + pivot * n + j] = value;
      }
    }
    storageBarrier();
    let divisor = y[top + step];
    for (var i = step + 1u + lane; i < n; i += SIDE * SIDE) {
      y[at + i * n + step] /= divisor;
    }
    storageBarrier();
    for (var i = step + 1u + local.y; i < n; i += SIDE) {
      let factor = y[at + i * n + step];
      for (var j = step + 1u + local.x; j < n; j += SIDE) {
        y[at + i * n + j] -= factor * y[top + j];
      }
    }
    storageBarrier();
  }
}
