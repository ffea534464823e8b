// dW = dlogitsᵀ x of a chunk of the vocabulary.
// Registers: 32 sums. Shared memory: 8.5 KiB. Global memory: 512 bytes for 8192 FLOP, 0.06 bytes a FLOP, less what caches hold.
//! use grid linear_cross_entropy_backward_params register_tile
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;
@group(0) @binding(5) var<storage, read> x: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

fn finish(at: u32, value: f32) {
  dw[p.dw_at + p.first * p.channels + at] = value;
}

fn slope(row: u32, word: u32) -> f32 {
  if (row < p.rows && word < p.width) {
    return scratch[row * p.pitch + word];
  }
  return 0.0;
}

fn hidden(row: u32, channel: u32) -> f32 {
  if (row < p.rows && channel < p.channels) {
    return x[p.x_at + row * p.channels + channel];
  }
  return 0.0;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles = (p.channels + TILE_N - 1u) / TILE_N;
  let flat = flat_group(group, groups);
  let word0 = flat / tiles * TILE_M;
  let slot = lane % THREADS_N;
  let channel = flat % tiles * TILE_N + slot;
  let channels = vec4<u32>(channel, channel + THREADS_N, channel + 2u * THREADS_N, channel + 3u * THREADS_N);
  var sums: Sums;
  for (var row0 = 0u; row0 < p.rows; row0 += DEPTH) {
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let k = i / QUADS_M;
      let quad = i % QUADS_M;
      let row = row0 + k;
      let word = word0 + 4u * quad;
      tile_a[k * PITCH_A + quad] = vec4<f32>(slope(row, word), slope(row, word + 1u), slope(row, word + 2u), slope(row, word + 3u));
    }
    for (var k = lane / THREADS_N; k < DEPTH; k += THREADS_M) {
      let row = row0 + k;
      tile_b[k * PITCH_B + slot] =
        vec4<f32>(hidden(row, channels.x), hidden(row, channels.y), hidden(row, channels.z), hidden(row, channels.w));
    }
    workgroupBarrier();
    add_products(&sums, lane);
    workgroupBarrier();
  }
  let to = select(vec4<u32>(NOWHERE), channels, channels < vec4<u32>(p.channels));
  finish_sums(&sums, word0 + lane / THREADS_N * 8u, p.width, to, p.channels);
}
