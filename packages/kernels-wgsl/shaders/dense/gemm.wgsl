// C = op(A) op(B) over a batch with strides, 64 × 64 of C a workgroup of 16 × 16 threads, 4 × 4 of C a thread.
// Registers: 16 sums + 4 of A + 4 of B. Shared memory: 2 × 16 × 64 × 4 B = 8 KiB. Each thread loads 8 words and does 128 FLOP per 16 words of k
// that it reads from shared memory 128 words for 512 FLOP: 1 byte of shared memory a FLOP, 0.0625 bytes of global memory a FLOP.
//! use grid
struct Params {
  y_at: u32,
  a_at: u32,
  b_at: u32,
  epilogue_slot: u32,
  epilogue_words: u32,
  m: u32,
  n: u32,
  k: u32,
  lda: u32,
  ldb: u32,
  ldc: u32,
  transpose_a: u32,
  transpose_b: u32,
  accumulate: u32,
  variant: u32,
  batch_rank: u32,
  // extent, stride of A, stride of B, stride of C
  batch: array<vec4<u32>, 8>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;

var<workgroup> tile_a: array<array<f32, 64>, 16>;
var<workgroup> tile_b: array<array<f32, 64>, 16>;

// epilogue: what becomes of a finished element of C
fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}
// end

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let tiles_n = (p.n + 63u) / 64u;
  let tiles_m = (p.m + 63u) / 64u;
  let flat = flat_group(group, groups);
  let item = flat / (tiles_m * tiles_n);
  let tile = flat % (tiles_m * tiles_n);
  let row0 = tile / tiles_n * 64u;
  let col0 = tile % tiles_n * 64u;
  var a0 = p.a_at;
  var b0 = p.b_at;
  var c0 = 0u;
  var rest = item;
  for (var axis = i32(p.batch_rank) - 1; axis >= 0; axis--) {
    let axis_words = p.batch[axis];
    let at = rest % axis_words.x;
    rest = rest / axis_words.x;
    a0 += at * axis_words.y;
    b0 += at * axis_words.z;
    c0 += at * axis_words.w;
  }
  let outside = rest > 0u;
  let lane = local.y * 16u + local.x;
  var sums: array<vec4<f32>, 4>;
  for (var k0 = 0u; k0 < p.k; k0 += 16u) {
    for (var i = lane; i < 1024u; i += 256u) {
      // Neighbouring threads read neighbouring words, whichever way the operand lies.
      let ar = select(i / 16u, i % 64u, p.transpose_a != 0u);
      let ak = select(i % 16u, i / 64u, p.transpose_a != 0u);
      let row = row0 + ar;
      let ka = k0 + ak;
      var av = 0.0;
      if (row < p.m && ka < p.k) {
        av = a[a0 + select(row * p.lda + ka, ka * p.lda + row, p.transpose_a != 0u)];
      }
      tile_a[ak][ar] = av;
      let bc = select(i % 64u, i / 16u, p.transpose_b != 0u);
      let bk = select(i / 64u, i % 16u, p.transpose_b != 0u);
      let col = col0 + bc;
      let kb = k0 + bk;
      var bv = 0.0;
      if (col < p.n && kb < p.k) {
        bv = b[b0 + select(kb * p.ldb + col, col * p.ldb + kb, p.transpose_b != 0u)];
      }
      tile_b[bk][bc] = bv;
    }
    workgroupBarrier();
    for (var kk = 0u; kk < 16u; kk++) {
      let bv = vec4<f32>(tile_b[kk][local.x], tile_b[kk][local.x + 16u], tile_b[kk][local.x + 32u], tile_b[kk][local.x + 48u]);
      sums[0] += tile_a[kk][local.y] * bv;
      sums[1] += tile_a[kk][local.y + 16u] * bv;
      sums[2] += tile_a[kk][local.y + 32u] * bv;
      sums[3] += tile_a[kk][local.y + 48u] * bv;
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    let row = row0 + local.y + i * 16u;
    for (var j = 0u; j < 4u; j++) {
      let col = col0 + local.x + j * 16u;
      if (row < p.m && col < p.n && !outside) {
        finish(c0 + row * p.ldc + col, sums[i][j]);
      }
    }
  }
}
