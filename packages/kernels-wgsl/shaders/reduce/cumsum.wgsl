// Running sums along an axis: reduce, then scan (Merrill, Grimshaw 2009). Lines are cut into chunks; PASS 0 adds up each chunk of a line that has several,
// PASS 1 begins with the sum of the chunks before its own and goes on tile by tile, four neighbouring elements a lane. An item is a chunk of a line.
// 12 bytes an element where there are several chunks, else 8.
//! use grid number share
struct Params {
  y_at: u32,
  x_at: u32,
  slabs: u32,
  n: u32,
  inner: u32,
  backwards: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<Number>;
@group(0) @binding(2) var<storage, read> x: array<Number>;
@group(0) @binding(14) var<storage, read_write> scratch: array<Number>;

alias Total = Number;

const TILE = 4u * LANES;

var<workgroup> running: array<Number, 256>;

fn merge(a: Total, b: Total) -> Total {
  return a + b;
}

// Leaves in `running` the sum over the lanes up to and with each one, by doubling steps (Hillis, Steele 1986).
fn scan_lanes(thread: u32, value: Number) {
  let lane = lane_of(thread);
  running[thread] = value;
  workgroupBarrier();
  for (var step = 1u; step < LANES; step <<= 1u) {
    var before = Number();
    if (lane >= step) {
      before = running[thread - step * LANE_STEP];
    }
    workgroupBarrier();
    running[thread] += before;
    workgroupBarrier();
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let lane = lane_of(thread);
  let item = flat_group(group, groups) * SLOTS + slot_of(thread);
  let lines = p.slabs * p.inner;
  let chunks = (p.n + CHUNK - 1u) / CHUNK;
  let chunk = item / lines;
  let line = item - chunk * lines;
  let slab = line / p.inner;
  let first = slab * p.n * p.inner + (line - slab * p.inner);
  let begin = chunk * CHUNK;
  let end = select(0u, min(p.n, begin + CHUNK), chunk < chunks);
  if (PASS == 0) {
    var sum = Number();
    for (var i = begin + lane; i < end; i += LANES) {
      sum += x[p.x_at + first + select(i, p.n - 1u - i, p.backwards != 0u) * p.inner];
    }
    let total = merge_lanes(thread, sum);
    if (lane == 0u && chunk < chunks) {
      scratch[item] = total;
    }
    return;
  }
  var carry = Number();
  if (chunks > 1u) {
    if (chunk < chunks) {
      for (var earlier = lane; earlier < chunk; earlier += LANES) {
        carry += scratch[earlier * lines + line];
      }
    }
    carry = merge_lanes(thread, carry);
  }
  for (var tile = 0u; tile < min(p.n, CHUNK); tile += TILE) {
    let i = begin + tile + 4u * lane;
    var sums: array<Number, 4>;
    var sum = Number();
    for (var k = 0u; k < 4u; k++) {
      if (i + k < end) {
        sum += x[p.x_at + first + select(i + k, p.n - 1u - i - k, p.backwards != 0u) * p.inner];
      }
      sums[k] = sum;
    }
    scan_lanes(thread, sum);
    var before = carry;
    if (lane > 0u) {
      before += running[thread - LANE_STEP];
    }
    for (var k = 0u; k < 4u; k++) {
      if (i + k < end) {
        y[p.y_at + first + select(i + k, p.n - 1u - i - k, p.backwards != 0u) * p.inner] = before + sums[k];
      }
    }
    carry += running[thread + (LANES - 1u - lane) * LANE_STEP];
    workgroupBarrier();
  }
}
