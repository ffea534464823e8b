// Eigenvalues, ascending, and eigenvectors, in columns, of the symmetric parts of a batch of matrices: Jacobi's method, a workgroup of SIDE
// × SIDE threads a matrix. A sweep is a round-robin tournament: in each round every axis meets one other, so that all pairs of a round are
// rotated at once, and each pair of pairs is a block of four elements that one thread turns from both sides (Golub & Van Loan, 8.5.6).
// Rotations are applied in the form that adds a small change, which keeps them orthogonal to rounding (Rutishauser, "The Jacobi method for
// real symmetric matrices", 1966). A matrix that is not finite gives NaN.
//! use grid linalg
struct Params {
  values_at: u32,
  vectors_at: u32,
  work_at: u32,
  a_at: u32,
  matrices: u32,
  n: u32,
  matrix: u32,
  row: u32,
  column: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> vectors: array<f32>;
// Per matrix: the upper triangle of n × n, the basis, whose rows become the eigenvectors, and two words for each pair of a round
@group(0) @binding(3) var<storage, read_write> work: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;

const THREADS = SIDE * SIDE;
// Convergence is quadratic and takes fewer than ten; the limit only ends what rounding might keep going.
const MOST_SWEEPS = 30u;
// Relative size of an element that no longer matters: far below rounding, since the last sweep makes elements vanish quadratically.
const NEGLIGIBLE = 1e-10;
// Beside elements of the order of one these are nothing, and their quotients would be made of subnormal numbers.
const TINY = 1e-36;
// Components this close to a vector's largest count as equal to it, so that rounding does not choose its sign.
const SIGN_TIE = 1.0 - 1e-5;

var<workgroup> largest: atomic<u32>;
var<workgroup> rotated: atomic<u32>;
// What all threads have to agree on
var<workgroup> agreed: u32;

// Who meets whom: all but the last sit in a circle, which turns by one seat a round. An odd number leaves one axis with n, which does not
// exist.
fn pair_of(index: u32, round: u32, seats: u32) -> vec2<u32> {
  let circle = seats - 1u;
  let left = (round + index) % circle;
  if (index == 0u) {
    return vec2(left, circle);
  }
  let right = (round + circle - index) % circle;
  return vec2(min(left, right), max(left, right));
}

fn place_of(i: u32, j: u32) -> u32 {
  return min(i, j) * p.n + max(i, j);
}

fn element_at(at: u32, i: u32, j: u32) -> f32 {
  if (max(i, j) >= p.n) {
    return 0.0;
  }
  return work[at + place_of(i, j)];
}

fn put_at(at: u32, i: u32, j: u32, value: f32) {
  if (max(i, j) < p.n) {
    work[at + place_of(i, j)] = value;
  }
}

struct Rotation {
  sine: f32,
  // sine / (1 + cosine)
  tau: f32,
}

// (x, y) turned: x' = c x − s y, y' = s x + c y.
fn turn(v: vec2<f32>, by: Rotation) -> vec2<f32> {
  return v + by.sine * vec2(-v.y - by.tau * v.x, v.x - by.tau * v.y);
}

// The rotation that makes the element between two axes zero, which is done to their corner here: its own formula cancels nothing.
fn rotate_corner(at: u32, i: u32, j: u32) -> Rotation {
  if (j >= p.n) {
    return Rotation(0.0, 0.0);
  }
  let x = work[at + place_of(i, i)];
  let y = work[at + place_of(j, j)];
  let off = work[at + place_of(i, j)];
  if (abs(off) <= max(NEGLIGIBLE * (sqrt(abs(x)) * sqrt(abs(y))), TINY)) {
    return Rotation(0.0, 0.0);
  }
  let size = max(abs(y - x), abs(2.0 * off));
  let gap = (y - x) / size;
  let twice = 2.0 * off / size;
  let tangent = select(twice, -twice, gap < 0.0) / (abs(gap) + sqrt(gap * gap + twice * twice));
  let cosine = 1.0 / sqrt(tangent * tangent + 1.0);
  let sine = tangent * cosine;
  work[at + place_of(i, i)] = x - tangent * off;
  work[at + place_of(j, j)] = y + tangent * off;
  work[at + place_of(i, j)] = 0.0;
  return Rotation(sine, sine / (1.0 + cosine));
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
  if (lane == 0u) {
    atomicStore(&largest, 0u);
    atomicStore(&rotated, 0u);
  }
  workgroupBarrier();
  let at = p.work_at + item * (2u * n * n + 2u * n);
  let basis = at + n * n;
  let turns = basis + n * n;
  let source = p.a_at + item * p.matrix;
  let values_at = p.values_at + item * n;
  let vectors_at = p.vectors_at + item * n * n;

  var most = 0u;
  for (var i = local.y; i < n; i += SIDE) {
    for (var j = local.x; j < n; j += SIDE) {
      let value = 0.5 * a[source + i * p.row + j * p.column] + 0.5 * a[source + j * p.row + i * p.column];
      work[at + i * n + j] = value;
      work[basis + i * n + j] = select(0.0, 1.0, i == j);
      most = max(most, magnitude_bits(value));
    }
  }
  atomicMax(&largest, most);
  storageBarrier();
  workgroupBarrier();
  if (lane == 0u) {
    agreed = atomicLoad(&largest);
  }
  let size = workgroupUniformLoad(&agreed);
  if (size >= INFINITY_BITS) {
    for (var i = lane; i < n; i += THREADS) {
      values[values_at + i] = not_a_number();
    }
    for (var i = lane; i < n * n; i += THREADS) {
      vectors[vectors_at + i] = not_a_number();
    }
    return;
  }
  let scale = inverse_power_of(size);
  for (var i = lane; i < n * n; i += THREADS) {
    work[at + i] *= scale;
  }
  storageBarrier();

  let seats = n + n % 2u;
  let pairs = seats / 2u;
  for (var sweep = 0u; sweep < MOST_SWEEPS; sweep++) {
    for (var round = 0u; round + 1u < seats; round++) {
      for (var index = lane; index < pairs; index += THREADS) {
        let axes = pair_of(index, round, seats);
        let by = rotate_corner(at, axes.x, axes.y);
        work[turns + 2u * index] = by.sine;
        work[turns + 2u * index + 1u] = by.tau;
        if (by.sine != 0.0) {
          atomicStore(&rotated, 1u);
        }
      }
      storageBarrier();
      for (var index = local.y; index < pairs; index += SIDE) {
        let axes = pair_of(index, round, seats);
        let by = Rotation(work[turns + 2u * index], work[turns + 2u * index + 1u]);
        for (var other = index + 1u + local.x; other < pairs; other += SIDE) {
          let across = Rotation(work[turns + 2u * other], work[turns + 2u * other + 1u]);
          if (by.sine == 0.0 && across.sine == 0.0) {
            continue;
          }
          let others = pair_of(other, round, seats);
          let first = turn(vec2(element_at(at, axes.x, others.x), element_at(at, axes.y, others.x)), by);
          let second = turn(vec2(element_at(at, axes.x, others.y), element_at(at, axes.y, others.y)), by);
          let upper = turn(vec2(first.x, second.x), across);
          let lower = turn(vec2(first.y, second.y), across);
          put_at(at, axes.x, others.x, upper.x);
          put_at(at, axes.x, others.y, upper.y);
          put_at(at, axes.y, others.x, lower.x);
          put_at(at, axes.y, others.y, lower.y);
        }
        if (by.sine != 0.0) {
          for (var i = local.x; i < n; i += SIDE) {
            let turned = turn(vec2(work[basis + axes.x * n + i], work[basis + axes.y * n + i]), by);
            work[basis + axes.x * n + i] = turned.x;
            work[basis + axes.y * n + i] = turned.y;
          }
        }
      }
      storageBarrier();
    }
    workgroupBarrier();
    if (lane == 0u) {
      agreed = atomicExchange(&rotated, 0u);
    }
    if (workgroupUniformLoad(&agreed) == 0u) {
      break;
    }
  }

  for (var i = local.y; i < n; i += SIDE) {
    let value = work[at + i * n + i];
    var rank = 0u;
    var most = 0.0;
    for (var j = 0u; j < n; j++) {
      let other = work[at + j * n + j];
      rank += u32(other < value || (other == value && j < i));
      most = max(most, abs(work[basis + i * n + j]));
    }
    var sign = 1.0;
    for (var j = 0u; j < n; j++) {
      let component = work[basis + i * n + j];
      if (abs(component) >= SIGN_TIE * most) {
        sign = select(1.0, -1.0, component < 0.0);
        break;
      }
    }
    for (var j = local.x; j < n; j += SIDE) {
      vectors[vectors_at + j * n + rank] = sign * work[basis + i * n + j];
    }
    if (local.x == 0u) {
      values[values_at + rank] = value * power_of(size);
    }
  }
}
