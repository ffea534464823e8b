// C = A · Wᵀ in integers: rows of A rounded by quantize_rows.wgsl, W in panels of eight channels, their eight scales, then for every four
// weights of a row eight words of w + 64 (w in −63 … 63), then the columns that stay exact. Sums are exact, with one rounding per result.
// Registers: 32 sums, 8 words of A, 4 of W. Shared memory: 8 × (64 + 64 + 8) × 4 B = 4.25 KiB. Global memory: 0.015 bytes an operation.
//! use grid quantized_product rounded_rows integer_tile exact_products
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;
@group(0) @binding(13) var<storage, read_write> scratch: array<u32>;

const TILE_M = 64;
const DEPTH = 8u;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

// The word at which a channel's panel begins.
fn panel(channel: u32) -> u32 {
  return p.stored_at / 4u + channel / 8u * (p.row_bytes / 4u);
}

fn scale(channel: u32) -> f32 {
  return bitcast<f32>(stored[panel(channel) + channel % 8u]);
}

// Words behind a row's end are its last, and meet zeros of A.
fn word(channel: u32, at: u32) -> u32 {
  return bytes_less(stored[panel(channel) + 8u + min(at, (p.k - 1u) / 4u) * 8u + channel % 8u], 0x40404040u);
}

fn finish_totals(totals: vec4<i32>, scales: vec4<f32>, channel: vec4<u32>, row: u32, to: vec4<u32>) {
  if (row < p.m) {
    let exact = vec4<f32>(
      exact_products(panel(channel.x), row, channel.x),
      exact_products(panel(channel.y), row, channel.y),
      exact_products(panel(channel.z), row, channel.z),
      exact_products(panel(channel.w), row, channel.w),
    );
    finish_row(vec4<f32>(totals) * (scales * row_scale(row)) + exact, row, p.m, to, p.n);
  }
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles_m = (p.m + TILE_M - 1u) / TILE_M;
  let flat = flat_group(group, groups);
  let row0 = flat % tiles_m * TILE_M;
  let col0 = flat / tiles_m * TILE_N;
  if (col0 >= p.n) {
    return;
  }
  let slot = lane % THREADS_N;
  let column = col0 + slot + vec4<u32>(0u, THREADS_N, 2u * THREADS_N, 3u * THREADS_N);
  // Channels that W does not have are its last: no result is made of them.
  let channel = min(column, vec4<u32>(p.n - 1u));
  var totals: Totals;
  for (var block = 0u; block < blocks(); block++) {
    load_rounded(row0, block, lane);
    let at = block * TILE_WORDS + lane / THREADS_N;
    weights[lane / THREADS_N * PITCH_B + slot] =
      vec4<u32>(word(channel.x, at), word(channel.y, at), word(channel.z, at), word(channel.w, at));
    workgroupBarrier();
    add_dots(&totals, lane);
    workgroupBarrier();
  }
  let scales = vec4<f32>(scale(channel.x), scale(channel.y), scale(channel.z), scale(channel.w));
  let row = row0 + lane / THREADS_N * 8u;
  let to = select(vec4<u32>(NOWHERE), column, column < vec4<u32>(p.n));
  finish_totals(totals[0], scales, channel, row, to);
  finish_totals(totals[1], scales, channel, row + 1u, to);
  finish_totals(totals[2], scales, channel, row + 2u, to);
  finish_totals(totals[3], scales, channel, row + 3u, to);
  finish_totals(totals[4], scales, channel, row + 4u, to);
  finish_totals(totals[5], scales, channel, row + 5u, to);
  finish_totals(totals[6], scales, channel, row + 6u, to);
  finish_totals(totals[7], scales, channel, row + 7u, to);
}
