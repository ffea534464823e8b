// dx = or += dlogits W over a chunk of the vocabulary; the first chunk begins.
// Registers: 32 sums. Shared memory: 8.5 KiB. Global memory: 512 bytes for 8192 FLOP, 0.06 bytes a FLOP, less what caches hold.
//! use grid linear_cross_entropy_backward_params register_tile
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read> w: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

fn finish(at: u32, value: f32) {
  var sum = value;
  if (p.first > 0u) {
    sum += dx[p.dx_at + at];
  }
  dx[p.dx_at + at] = sum;
}

fn slope(row: u32, k: u32) -> f32 {
  if (row < p.rows && k < p.width) {
    return scratch[row * p.pitch + k];
  }
  return 0.0;
}

fn word_vector(k: u32, channel: u32) -> f32 {
  if (k < p.width && channel < p.channels) {
    return w[p.w_at + (p.first + k) * p.channels + channel];
  }
  return 0.0;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles = (p.channels + TILE_N - 1u) / TILE_N;
  let flat = flat_group(group, groups);
  let row0 = flat / tiles * TILE_M;
  let slot = lane % THREADS_N;
  let channel = flat % tiles * TILE_N + slot;
  let channels = vec4<u32>(channel, channel + THREADS_N, channel + 2u * THREADS_N, channel + 3u * THREADS_N);
  var sums: Sums;
  for (var k0 = 0u; k0 < p.width; k0 += DEPTH) {
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let k = k0 + i % DEPTH;
      let row = row0 + i / DEPTH * 4u;
      tile_a[i % DEPTH * PITCH_A + i / DEPTH] = vec4<f32>(slope(row, k), slope(row + 1u, k), slope(row + 2u, k), slope(row + 3u, k));
    }
    for (var k = lane / THREADS_N; k < DEPTH; k += THREADS_M) {
      tile_b[k * PITCH_B + slot] = vec4<f32>(
        word_vector(k0 + k, channels.x),
        word_vector(k0 + k, channels.y),
        word_vector(k0 + k, channels.z),
        word_vector(k0 + k, channels.w),
      );
    }
    workgroupBarrier();
    add_products(&sums, lane);
    workgroupBarrier();
  }
  let to = select(vec4<u32>(NOWHERE), channels, channels < vec4<u32>(p.channels));
  finish_sums(&sums, row0 + lane / THREADS_N * 8u, p.rows, to, p.channels);
}
