// Two products in a row, as attention has them: ROWS × 64 numbers (say queries × keys), of which a thread has 4 × 4, and then these times
// 64 × 64·BLOCKS (say values), of which a thread has 4 × 4·BLOCKS. A workgroup is 16 × QUADS threads; `across` and `down` say which. Quads
// of tile_a are four neighbouring rows, quads of tile_b four neighbouring columns. One quad more than needed keeps banks apart.
// Shared memory: 16 (PITCH + max(17, 16·BLOCKS)) + 64·PITCH quads: 25 KiB for 64 rows and BLOCKS = 1. A thread's step of the first product
// reads 32 bytes for 32 FLOP, of which a row of threads shares half; a step of the second one 16·(1 + BLOCKS) bytes for 32·BLOCKS FLOP.
// Constants: ROWS (16, 32 or 64), BLOCKS (1 … 4).
const QUADS: u32 = ROWS / 4;
const PITCH: u32 = QUADS + 1u;
const PITCH_B = 17u;

// In a loop it begins as Block(): SwiftShader does not clear again what is declared without a value.
alias Block = mat4x4<f32>;
// sums[block][r] has four columns of the thread's r-th row.
alias Sums = array<mat4x4<f32>, BLOCKS>;

var<workgroup> tile_a: array<vec4<f32>, 16 * PITCH>;
var<workgroup> tile_b: array<vec4<f32>, max(16 * 17, 256 * BLOCKS)>;
// Slot 16 c + t is number 4 t + c of the tile's 64: what thread t across has as its c-th, so that neighbours write into neighbouring banks.
var<workgroup> weights: array<vec4<f32>, 64 * PITCH>;

// 16 steps of the first product: tile_a[step][row quad], tile_b[step][column quad].
fn add_steps(block: ptr<function, Block>, across: u32, down: u32) {
  for (var step = 0u; step < 16u; step++) {
    let a = tile_a[step * PITCH + down];
    let b = tile_b[step * PITCH_B + across];
    (*block)[0] += a.x * b;
    (*block)[1] += a.y * b;
    (*block)[2] += a.z * b;
    (*block)[3] += a.w * b;
  }
}

// A thread's weights to where the second product reads them: w[c] has four neighbouring rows of the tile's c-th number.
fn store_weights(w: Block, across: u32, down: u32) {
  weights[across * PITCH + down] = w[0];
  weights[(16u + across) * PITCH + down] = w[1];
  weights[(32u + across) * PITCH + down] = w[2];
  weights[(48u + across) * PITCH + down] = w[3];
}

// 16 steps of the second product, from slot 16 c on: tile_b[slot][column quad].
fn add_weighted(sums: ptr<function, Sums>, c: u32, across: u32, down: u32) {
  for (var t = 0u; t < 16u; t++) {
    let w = weights[(16u * c + t) * PITCH + down];
    for (var block = 0u; block < BLOCKS; block++) {
      let x = tile_b[(t * BLOCKS + block) * 16u + across];
      (*sums)[block][0] += w.x * x;
      (*sums)[block][1] += w.y * x;
      (*sums)[block][2] += w.z * x;
      (*sums)[block][3] += w.w * x;
    }
  }
}
