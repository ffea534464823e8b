// Reduced QR by Householder reflections, a workgroup of SIDE × SIDE threads a matrix; signs as LAPACK's geqrf. The matrix is worked on
// column by column in the work area, where a column lies in one piece: SIDE threads share a column, SIDE columns are reflected side by
// side. Each column's squares are taken of elements that a power of two has brought to the order of one, so that they neither overflow nor
// vanish.
//! use grid linalg
struct Params {
  q_at: u32,
  r_at: u32,
  work_at: u32,
  a_at: u32,
  matrices: u32,
  m: u32,
  n: u32,
  matrix: u32,
  row: u32,
  column: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> q: array<f32>;
@group(0) @binding(2) var<storage, read_write> r: array<f32>;
// Per matrix m · n elements, column after column, and a scale for each reflection
@group(0) @binding(3) var<storage, read_write> work: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;

const THREADS = SIDE * SIDE;

var<workgroup> partial: array<f32, THREADS>;
var<workgroup> partial_of_rows: array<f32, SIDE>;
var<workgroup> largest: array<u32, THREADS>;
var<workgroup> largest_of_rows: array<u32, SIDE>;

fn sum_of_all(lane: u32, own: f32) -> f32 {
  partial[lane] = own;
  workgroupBarrier();
  if (lane < SIDE) {
    var sum = partial[lane];
    for (var i = 1u; i < SIDE; i++) {
      sum += partial[lane + i * SIDE];
    }
    partial_of_rows[lane] = sum;
  }
  workgroupBarrier();
  var sum = partial_of_rows[0];
  for (var i = 1u; i < SIDE; i++) {
    sum += partial_of_rows[i];
  }
  return sum;
}

fn largest_of_all(lane: u32, own: u32) -> u32 {
  largest[lane] = own;
  workgroupBarrier();
  if (lane < SIDE) {
    var most = largest[lane];
    for (var i = 1u; i < SIDE; i++) {
      most = max(most, largest[lane + i * SIDE]);
    }
    largest_of_rows[lane] = most;
  }
  workgroupBarrier();
  var most = largest_of_rows[0];
  for (var i = 1u; i < SIDE; i++) {
    most = max(most, largest_of_rows[i]);
  }
  return most;
}

// Applies the reflection of column `step`, whose first component, 1, is not stored, to the columns from the next one to `end`.
fn reflect(at: u32, step: u32, scale: f32, end: u32, local: vec3<u32>) {
  let v = at + step * p.m;
  for (var block = step + 1u; block < end; block += SIDE) {
    let column = at + (block + local.y) * p.m;
    let mine = block + local.y < end;
    var sum = 0.0;
    if (mine) {
      if (local.x == 0u) {
        sum = work[column + step];
      }
      for (var i = step + 1u + local.x; i < p.m; i += SIDE) {
        sum += work[v + i] * work[column + i];
      }
    }
    partial[local.y * SIDE + local.x] = sum;
    workgroupBarrier();
    if (mine) {
      sum = partial[local.y * SIDE];
      for (var i = 1u; i < SIDE; i++) {
        sum += partial[local.y * SIDE + i];
      }
      sum *= scale;
      if (local.x == 0u) {
        work[column + step] -= sum;
      }
      for (var i = step + 1u + local.x; i < p.m; i += SIDE) {
        work[column + i] -= sum * work[v + i];
      }
    }
    workgroupBarrier();
  }
  storageBarrier();
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
  let m = p.m;
  let n = p.n;
  let k = min(m, n);
  let lane = local.y * SIDE + local.x;
  let at = p.work_at + item * (m * n + n + k);
  let scales = at + m * n;
  let source = p.a_at + item * p.matrix;
  for (var j = local.y; j < n; j += SIDE) {
    for (var i = local.x; i < m; i += SIDE) {
      work[at + j * m + i] = a[source + i * p.row + j * p.column];
    }
  }
  storageBarrier();

  // Reflections below the diagonal, R on and above it.
  for (var step = 0u; step < k; step++) {
    let v = at + step * m;
    let head = work[v + step];
    var most = 0u;
    for (var i = step + lane; i < m; i += THREADS) {
      most = max(most, magnitude_bits(work[v + i]));
    }
    most = largest_of_all(lane, most);
    let unit = inverse_power_of(most);
    var tail = 0.0;
    for (var i = step + 1u + lane; i < m; i += THREADS) {
      let x = work[v + i] * unit;
      tail += x * x;
    }
    tail = sum_of_all(lane, tail);
    let x = head * unit;
    let norm = sqrt(x * x + tail);
    let beta = select(-norm, norm, x < 0.0);
    // A column that is zero below its head stays as it is.
    let scale = select((beta - x) / beta, 0.0, tail == 0.0);
    let divisor = select(x - beta, 1.0, tail == 0.0);
    for (var i = step + 1u + lane; i < m; i += THREADS) {
      work[v + i] = work[v + i] * unit / divisor;
    }
    if (lane == 0u) {
      work[scales + step] = scale;
      work[v + step] = select(beta * power_of(most), head, tail == 0.0);
    }
    storageBarrier();
    reflect(at, step, scale, n, local);
  }
  for (var i = local.y; i < k; i += SIDE) {
    for (var j = local.x; j < n; j += SIDE) {
      var value = 0.0;
      if (j >= i) {
        value = work[at + j * m + i];
      }
      r[p.r_at + (item * k + i) * n + j] = value;
    }
  }
  storageBarrier();

  // The first k columns of the product of all reflections, in place (LAPACK's org2r).
  for (var step = i32(k) - 1; step >= 0; step--) {
    let own = u32(step);
    let scale = work[scales + own];
    reflect(at, own, scale, k, local);
    for (var i = lane; i < m; i += THREADS) {
      let place = at + own * m + i;
      if (i < own) {
        work[place] = 0.0;
      } else if (i == own) {
        work[place] = 1.0 - scale;
      } else {
        work[place] *= -scale;
      }
    }
    storageBarrier();
  }
  for (var i = local.y; i < m; i += SIDE) {
    for (var j = local.x; j < k; j += SIDE) {
      q[p.q_at + (item * m + i) * k + j] = work[at + j * m + i];
    }
  }
}
