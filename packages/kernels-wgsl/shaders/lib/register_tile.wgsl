// The inner product of a tiled matrix product: TILE_M × TILE_N of C a workgroup of 128 threads, 8 × 4 of C a thread, DEPTH steps of k at a
// time.
// Who uses it has the constants TILE_M (16 … 256, a power of two) and DEPTH, fills both tiles, and calls add_products between barriers.
// Registers: 32 sums, 8 of A, 4 of B. A step of k reads 48 bytes of shared memory for 64 FLOP: 0.75 bytes a FLOP, of which warps share
// most.
// A quad of tile_a is four neighbouring rows, a quad of tile_b the columns s, s + THREADS_N, s + 2 THREADS_N, s + 3 THREADS_N, so that
// neighbouring threads load and store neighbouring columns. One quad more than needed keeps apart the banks of those who fill a tile along
// k.
const THREADS = 128u;
const THREADS_M: u32 = TILE_M / 8;
const THREADS_N: u32 = THREADS / THREADS_M;
const TILE_N: u32 = 4u * THREADS_N;
const QUADS_M: u32 = TILE_M / 4;
const PITCH_A: u32 = QUADS_M + 1u;
const PITCH_B: u32 = THREADS_N + 1u;

alias Sums = array<vec4<f32>, 8>;

var<workgroup> tile_a: array<vec4<f32>, DEPTH * PITCH_A>;
var<workgroup> tile_b: array<vec4<f32>, DEPTH * PITCH_B>;

fn add_products(sums: ptr<function, Sums>, lane: u32) {
  var a = lane / THREADS_N * 2u;
  var b = lane % THREADS_N;
  for (var k = 0u; k < DEPTH; k++) {
    let upper = tile_a[a];
    let lower = tile_a[a + 1u];
    let right = tile_b[b];
    (*sums)[0] += upper.x * right;
    (*sums)[1] += upper.y * right;
    (*sums)[2] += upper.z * right;
    (*sums)[3] += upper.w * right;
    (*sums)[4] += lower.x * right;
    (*sums)[5] += lower.y * right;
    (*sums)[6] += lower.z * right;
    (*sums)[7] += lower.w * right;
    a += PITCH_A;
    b += PITCH_B;
  }
}

// Where a column is that the product does not have.
const NOWHERE = 0xffffffffu;

// A thread's sums to their places: `to` of row 0 in each of its columns, rows `stride` apart. No index into the sums varies, so that they
// stay in registers.
fn finish_sums(sums: ptr<function, Sums>, row: u32, rows: u32, to: vec4<u32>, stride: u32) {
  finish_row((*sums)[0], row, rows, to, stride);
  finish_row((*sums)[1], row + 1u, rows, to, stride);
  finish_row((*sums)[2], row + 2u, rows, to, stride);
  finish_row((*sums)[3], row + 3u, rows, to, stride);
  finish_row((*sums)[4], row + 4u, rows, to, stride);
  finish_row((*sums)[5], row + 5u, rows, to, stride);
  finish_row((*sums)[6], row + 6u, rows, to, stride);
  finish_row((*sums)[7], row + 7u, rows, to, stride);
}

fn finish_row(values: vec4<f32>, row: u32, rows: u32, to: vec4<u32>, stride: u32) {
  if (row >= rows) {
    return;
  }
  for (var j = 0u; j < 4u; j++) {
    if (to[j] != NOWHERE) {
      finish(to[j] + row * stride, values[j]);
    }
  }
}
