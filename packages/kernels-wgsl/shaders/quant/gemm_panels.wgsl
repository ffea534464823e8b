// C = A · W for weights in the panels of integer products, W (k, n) with a panel for eight of its rows, widened on their way into shared
// memory. Eight threads read a group's eight words, so that a workgroup reads 128 words side by side.
// Shared memory: 32 × (64 + 64 + 8) × 4 B = 17 KiB. Global memory: 0.03 bytes a FLOP of A, and of W a quarter of that or less.
//! use grid quantized_product register_tile widened_panels
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;

const TILE_M = 64;
const DEPTH = 32u;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

fn slope(row: u32, k: u32) -> f32 {
  if (row < p.m && k < p.k) {
    return a[p.a_at + row * p.lda + k];
  }
  return 0.0;
}

// Columns beyond the last hold whatever their group is padded with; no result is made of them.
fn weights(k: u32, column: u32) -> vec4<f32> {
  if (k >= p.k || column >= p.n) {
    return vec4<f32>(0.0);
  }
  return panel_weights(p.stored_at / 4u, p.n, p.row_bytes / 4u, k, column);
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
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let t = i % DEPTH;
      let quad = i / DEPTH;
      let row = row0 + 4u * quad;
      tile_a[t * PITCH_A + quad] =
        vec4<f32>(slope(row, k0 + t), slope(row + 1u, k0 + t), slope(row + 2u, k0 + t), slope(row + 3u, k0 + t));
    }
    // A quad of B is four neighbouring columns, as a group holds them.
    let slot = lane / 8u;
    for (var t = lane % 8u; t < DEPTH; t += 8u) {
      tile_b[t * PITCH_B + slot] = weights(k0 + t, col0 + 4u * slot);
    }
    workgroupBarrier();
    add_products(&sums, lane);
    workgroupBarrier();
  }
  let column = col0 + 4u * (lane % THREADS_N);
  let to = vec4<u32>(column, column + 1u, column + 2u, column + 3u);
  finish_sums(&sums, row0 + lane / THREADS_N * 8u, p.m, select(vec4<u32>(NOWHERE), to, to < vec4<u32>(p.n)), p.n);
}
