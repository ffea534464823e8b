// C = A · Wᵀ for GGUF's Q8_0, Q4_0 and Q4_1 with rows of A rounded by quantize_rows.wgsl: integer products inside a block of 32, exact,
// then one product by the block's scale, blocks upwards.
// Registers: 32 sums, 32 of a block, 8 words of A, 4 of W. Shared memory: 8 × (64 + 64 + 8) × 4 B + 1 KiB. Global memory: 0.015 bytes an
// operation.
//! use grid quantized_product rounded_rows integer_tile panels
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;
@group(0) @binding(13) var<storage, read_write> scratch: array<u32>;

const TILE_M = 64;
const DEPTH = 8u;

// Of the block, by column; the sums of A by row.
var<workgroup> scales: array<vec4<f32>, THREADS_N>;
var<workgroup> least: array<vec4<f32>, THREADS_N>;
var<workgroup> row_sums: array<f32, TILE_M>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

fn finish_scaled(sums: vec4<f32>, row: u32, to: vec4<u32>) {
  if (row < p.m) {
    finish_row(sums * row_scale(row), row, p.m, to, p.n);
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
  let word = lane / THREADS_N;
  let row = word * 8u;
  let column = col0 + slot + vec4<u32>(0u, THREADS_N, 2u * THREADS_N, 3u * THREADS_N);
  // Channels that W does not have are its last: no result is made of them.
  let channel = min(column, vec4<u32>(p.n - 1u));
  var sums: Sums;
  for (var block = 0u; block < blocks(); block++) {
    load_rounded(row0, block, lane);
    let at0 = panel_block(channel.x, block);
    let at1 = panel_block(channel.y, block);
    let at2 = panel_block(channel.z, block);
    let at3 = panel_block(channel.w, block);
    weights[word * PITCH_B + slot] = vec4<u32>(
      panel_word(at0, channel.x, word),
      panel_word(at1, channel.y, word),
      panel_word(at2, channel.z, word),
      panel_word(at3, channel.w, word),
    );
    if (word == 0u) {
      scales[slot] = vec4<f32>(
        panel_scale(at0, channel.x),
        panel_scale(at1, channel.y),
        panel_scale(at2, channel.z),
        panel_scale(at3, channel.w),
      );
    }
    if (FORMAT == Q4_1) {
      if (word == 1u) {
        least[slot] = vec4<f32>(
          panel_least(at0, channel.x),
          panel_least(at1, channel.y),
          panel_least(at2, channel.z),
          panel_least(at3, channel.w),
        );
      }
      if (lane >= 64u) {
        row_sums[lane - 64u] = f32(block_sum(min(row0 + lane - 64u, p.m - 1u), block));
      }
    }
    workgroupBarrier();
    // Begun outright: compilers have been seen to let a variable without initialiser keep what it had a turn before.
    var totals = Totals();
    add_dots(&totals, lane);
    let scale = scales[slot];
    sums[0] += vec4<f32>(totals[0]) * scale;
    sums[1] += vec4<f32>(totals[1]) * scale;
    sums[2] += vec4<f32>(totals[2]) * scale;
    sums[3] += vec4<f32>(totals[3]) * scale;
    sums[4] += vec4<f32>(totals[4]) * scale;
    sums[5] += vec4<f32>(totals[5]) * scale;
    sums[6] += vec4<f32>(totals[6]) * scale;
    sums[7] += vec4<f32>(totals[7]) * scale;
    if (FORMAT == Q4_1) {
      let offset = least[slot];
      sums[0] += row_sums[row] * offset;
      sums[1] += row_sums[row + 1u] * offset;
      sums[2] += row_sums[row + 2u] * offset;
      sums[3] += row_sums[row + 3u] * offset;
      sums[4] += row_sums[row + 4u] * offset;
      sums[5] += row_sums[row + 5u] * offset;
      sums[6] += row_sums[row + 6u] * offset;
      sums[7] += row_sums[row + 7u] * offset;
    }
    workgroupBarrier();
  }
  let to = select(vec4<u32>(NOWHERE), column, column < vec4<u32>(p.n));
  finish_scaled(sums[0], row0 + row, to);
  finish_scaled(sums[1], row0 + row + 1u, to);
  finish_scaled(sums[2], row0 + row + 2u, to);
  finish_scaled(sums[3], row0 + row + 3u, to);
  finish_scaled(sums[4], row0 + row + 4u, to);
  finish_scaled(sums[5], row0 + row + 5u, to);
  finish_scaled(sums[6], row0 + row + 6u, to);
  finish_scaled(sums[7], row0 + row + 7u, to);
}
