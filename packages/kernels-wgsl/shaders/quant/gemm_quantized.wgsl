// C = A · Wᵀ for weights in a storage format, widened on their way into shared memory: nothing of W is ever in memory twice.
// Shared memory: 32 × (64 + 64 + 8) × 4 B = 17 KiB. Global memory: 0.03 bytes a FLOP of A, and of W as much as its format has less.
//! use grid quantized_product register_tile stored_weights
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;

const TILE_M = 64;
const DEPTH = 32u;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

fn activation(row: u32, k: u32) -> f32 {
  if (row < p.m && k < p.k) {
    return a[p.a_at + row * p.lda + k];
  }
  return 0.0;
}

fn weights(channel: u32, k: u32) -> vec4<f32> {
  if (channel >= p.n || k >= p.k) {
    return vec4<f32>(0.0);
  }
  let four = weights_at(p.stored_at + channel * p.row_bytes, k);
  return select(vec4<f32>(0.0), four, vec4<u32>(k, k + 1u, k + 2u, k + 3u) < vec4<u32>(p.k));
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles_m = (p.m + TILE_M - 1u) / TILE_M;
  let flat = flat_group(group, groups);
  // Tiles of the same weights are neighbours.
  let row0 = flat % tiles_m * TILE_M;
  let col0 = flat / tiles_m * TILE_N;
  if (col0 >= p.n) {
    return;
  }
  var sums: Sums;
  for (var k0 = 0u; k0 < p.k; k0 += DEPTH) {
    // Weights come in fours along k. So that those who store them meet in no bank, step t of the tile is k = 4 (t mod 8) + t / 8, for A
    // too.
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let t = i % DEPTH;
      let quad = i / DEPTH;
      let k = k0 + t % 8u * 4u + t / 8u;
      let row = row0 + 4u * quad;
      tile_a[t * PITCH_A + quad] =
        vec4<f32>(activation(row, k), activation(row + 1u, k), activation(row + 2u, k), activation(row + 3u, k));
    }
    let four = lane % 8u;
    let slot = lane / 8u;
    let k = k0 + 4u * four;
    let channels = transpose(mat4x4<f32>(
      weights(col0 + slot, k),
      weights(col0 + slot + THREADS_N, k),
      weights(col0 + slot + 2u * THREADS_N, k),
      weights(col0 + slot + 3u * THREADS_N, k),
    ));
    tile_b[four * PITCH_B + slot] = channels[0];
    tile_b[(8u + four) * PITCH_B + slot] = channels[1];
    tile_b[(16u + four) * PITCH_B + slot] = channels[2];
    tile_b[(24u + four) * PITCH_B + slot] = channels[3];
    workgroupBarrier();
    add_products(&sums, lane);
    workgroupBarrier();
  }
  let column = col0 + lane % THREADS_N;
  let to = vec4<u32>(column, column + THREADS_N, column + 2u * THREADS_N, column + 3u * THREADS_N);
  finish_sums(&sums, row0 + lane / THREADS_N * 8u, p.m, select(vec4<u32>(NOWHERE), to, to < vec4<u32>(p.n)), p.n);
}
