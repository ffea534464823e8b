// C = op(A) op(B) over a batch with strides, for products that fill a GPU: TM × TN = 8·BELOW × 4·BESIDE of C a workgroup of BELOW × BESIDE
// threads, 8 × 4 of C a thread. The rows of a thread are TM/8 apart and its columns TN/4: whichever four lie in one vector of shared
// memory, neighbouring threads read and write neighbouring words of global memory. Rows and columns beyond the edge repeat the last one and
// are not stored.
//
// Registers: 32 sums, 8 of A, 4 of B. Shared memory: TK · (TM + TN + 8) · 4 bytes, 6.5 KiB for 64 × 32, 12.5 KiB for 128 × 64; a vector of
// padding a row spreads over all banks what is stored across the rows. Bytes of shared memory per FLOP: 12 words for 64 FLOP, 0.75; since
// threads of one row read the same 8 of A, a warp's reads take 3 or 4 cycles of the 8 that its products take. Bytes of global memory per
// FLOP: 2/TM + 2/TN: 0.125 for 32 × 32, 0.094 for 64 × 32, 0.047 for 128 × 64.
//! use grid gemm
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

const TM = 8 * BELOW;
const TN = 4 * BESIDE;
const TK = 16;
const THREADS = BELOW * BESIDE;
// Vectors of a tile's row and one of padding
const ROW_A = TM / 4 + 1;
const ROW_B = TN / 4 + 1;

var<workgroup> tile_a: array<vec4<f32>, TK * ROW_A>;
var<workgroup> tile_b: array<vec4<f32>, TK * ROW_B>;

// epilogue: what becomes of a finished element of C
fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}
// end

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles_n = (p.n + TN - 1u) / TN;
  let tiles = (p.m + TM - 1u) / TM * tiles_n;
  let flat = flat_group(group, groups);
  let item = item_of(flat / tiles);
  if (!item.exists) {
    return;
  }
  let row0 = flat % tiles / tiles_n * TM;
  let column0 = flat % tiles_n * TN;
  let stride_a = strides_a();
  let stride_b = strides_b();
  let below = lane / BESIDE;
  let beside = lane % BESIDE;
  var s0 = vec4<f32>();
  var s1 = vec4<f32>();
  var s2 = vec4<f32>();
  var s3 = vec4<f32>();
  var s4 = vec4<f32>();
  var s5 = vec4<f32>();
  var s6 = vec4<f32>();
  var s7 = vec4<f32>();
  for (var k0 = 0u; k0 < p.k; k0 += TK) {
    for (var i = lane; i < TK * TM / 4; i += THREADS) {
      let kk = select(i % TK, i / (TM / 4), p.transpose_a != 0u);
      let first = select(i / TK, i % (TM / 4), p.transpose_a != 0u);
      var values = vec4<f32>();
      if (k0 + kk < p.k) {
        let rows = min(vec4(0u, 1u, 2u, 3u) * (TM / 4) + row0 + first, vec4(p.m - 1u));
        let at = item.a + rows * stride_a.x + (k0 + kk) * stride_a.y;
        values = vec4(a[at.x], a[at.y], a[at.z], a[at.w]);
      }
      tile_a[kk * ROW_A + first] = values;
    }
    for (var i = lane; i < TK * TN / 4; i += THREADS) {
      let kk = select(i / (TN / 4), i % TK, p.transpose_b != 0u);
      let first = select(i % (TN / 4), i / TK, p.transpose_b != 0u);
      var values = vec4<f32>();
      if (k0 + kk < p.k) {
        let columns = min(vec4(0u, 1u, 2u, 3u) * (TN / 4) + column0 + first, vec4(p.n - 1u));
        let at = item.b + columns * stride_b.x + (k0 + kk) * stride_b.y;
        values = vec4(b[at.x], b[at.y], b[at.z], b[at.w]);
      }
      tile_b[kk * ROW_B + first] = values;
    }
    workgroupBarrier();
    for (var kk = 0u; kk < TK; kk++) {
      let even = tile_a[kk * ROW_A + below];
      let odd = tile_a[kk * ROW_A + BELOW + below];
      let right = tile_b[kk * ROW_B + beside];
      s0 += even.x * right;
      s1 += odd.x * right;
      s2 += even.y * right;
      s3 += odd.y * right;
      s4 += even.z * right;
      s5 += odd.z * right;
      s6 += even.w * right;
      s7 += odd.w * right;
    }
    workgroupBarrier();
  }
  var sums = array(s0, s1, s2, s3, s4, s5, s6, s7);
  for (var i = 0u; i < 8u; i++) {
    let row = row0 + below + i * BELOW;
    for (var j = 0u; j < 4u; j++) {
      let column = column0 + beside + j * BESIDE;
      if (row < p.m && column < p.n) {
        finish(item.c + row * p.ldc + column, sums[i][j]);
      }
    }
  }
}
