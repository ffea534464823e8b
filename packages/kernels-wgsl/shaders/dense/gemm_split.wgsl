// C = op(A) op(B) over a batch with strides, for products whose C is too small to fill a GPU with tiles, or has few rows, as in decoding:
// SLICES threads share an element of C, each taking every SLICES-th k, and what they have is added in their order.
//
// A thread has ROWS (1 or 4) × 4 of C and reads its operands without a detour through shared memory; BESIDE threads lie side by side, BELOW
// below each other, which makes tiles of ROWS·BELOW × 4·BESIDE. Neighbouring threads read neighbouring columns, and theirs the next k, so
// that either layout of either operand is read in pieces, whose remainder is read while it is in cache. SWAPPED computes Cᵀ = op(B)ᵀ
// op(A)ᵀ, which makes few columns few rows. Rows and columns beyond the edge repeat the last one and are not stored.
//
// Registers: 4·ROWS sums, 4 of B, 1 of A at a time, 8 addresses. Shared memory: 16·ROWS bytes a thread, 4 KiB for 64. Bytes of global
// memory or cache per FLOP: (ROWS + 4)/(2·ROWS), which is 1 for 4 × 4; but the tile has all of few rows, so that of B, which is what takes
// the time, each element is read once.
//! use grid gemm
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

const THREADS = BESIDE * SLICES * BELOW;
const TM = ROWS * BELOW;
const TN = 4 * BESIDE;

// By row of a thread, then by thread
var<workgroup> partial: array<vec4<f32>, ROWS * THREADS>;

// epilogue: what becomes of a finished element of C
fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}
// end

fn left_at(i: u32) -> f32 {
  if (SWAPPED != 0) {
    return b[i];
  }
  return a[i];
}

fn right_at(i: u32) -> f32 {
  if (SWAPPED != 0) {
    return a[i];
  }
  return b[i];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let swapped = SWAPPED != 0;
  let extents = select(vec2(p.m, p.n), vec2(p.n, p.m), swapped);
  let tiles_n = (extents.y + TN - 1u) / TN;
  let tiles = (extents.x + TM - 1u) / TM * tiles_n;
  let flat = flat_group(group, groups);
  let item = item_of(flat / tiles);
  if (!item.exists) {
    return;
  }
  let row0 = flat % tiles / tiles_n * TM;
  let column0 = flat % tiles_n * TN;
  let left = select(strides_a(), strides_b(), swapped);
  let right = select(strides_b(), strides_a(), swapped);
  let beside = lane % BESIDE;
  let slice = lane / BESIDE % SLICES;
  let below = lane / (BESIDE * SLICES);
  let rows = min(vec4(0u, 1u, 2u, 3u) * BELOW + row0 + below, vec4(extents.x - 1u)) * left.x + select(item.a, item.b, swapped);
  let columns = min(vec4(0u, 1u, 2u, 3u) * BESIDE + column0 + beside, vec4(extents.y - 1u)) * right.x + select(item.b, item.a, swapped);
  var s0 = vec4<f32>();
  var s1 = vec4<f32>();
  var s2 = vec4<f32>();
  var s3 = vec4<f32>();
  for (var k = slice; k < p.k; k += SLICES) {
    let along = k * left.y;
    let at = columns + k * right.y;
    let values = vec4(right_at(at.x), right_at(at.y), right_at(at.z), right_at(at.w));
    s0 += left_at(rows.x + along) * values;
    if (ROWS > 1) {
      s1 += left_at(rows.y + along) * values;
      s2 += left_at(rows.z + along) * values;
      s3 += left_at(rows.w + along) * values;
    }
  }
  var sums = array(s0, s1, s2, s3);
  for (var i = 0u; i < ROWS; i++) {
    partial[i * THREADS + lane] = sums[i];
  }
  workgroupBarrier();
  for (var i = lane; i < TM * TN; i += THREADS) {
    let row = select(i / TN, i % TM, swapped);
    let column = select(i % TN, i / TM, swapped);
    let part = row / BELOW * THREADS + row % BELOW * (SLICES * BESIDE) + column % BESIDE;
    var value = 0.0;
    for (var other = 0u; other < SLICES; other++) {
      value += partial[part + other * BESIDE][column / BESIDE];
    }
    if (row0 + row < extents.x && column0 + column < extents.y) {
      finish(item.c + select((row0 + row) * p.ldc + column0 + column, (column0 + column) * p.ldc + row0 + row, swapped), value);
    }
  }
}
