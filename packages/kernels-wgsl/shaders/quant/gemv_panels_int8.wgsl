// gemm_panels_int8 for at most eight rows of A: 256 threads share a panel of eight channels, each every 32nd block of its channel, and add
// up what they have in one order. Registers: 8 sums, 8 of a block. Shared memory: 8 KiB.
//! use grid quantized_product panels
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;
@group(0) @binding(13) var<storage, read_write> scratch: array<u32>;

// Sums of four rows a thread, then those of the other four.
var<workgroup> partial: array<vec4<f32>, 512>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

// Sums of A's block in up to four rows.
fn block_sums(row: u32, block: u32) -> vec4<f32> {
  let last = p.m - 1u;
  return vec4<f32>(vec4<i32>(
    block_sum(row, block),
    block_sum(min(row + 1u, last), block),
    block_sum(min(row + 2u, last), block),
    block_sum(min(row + 3u, last), block),
  ));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let channel = flat_group(group, groups) * 8u + lane % 8u;
  var low = vec4<f32>(0.0);
  var high = vec4<f32>(0.0);
  for (var block = lane / 8u; block < blocks(); block += 32u) {
    let at = panel_block(channel, block);
    var low_total = vec4<i32>(0);
    var high_total = vec4<i32>(0);
    for (var word = 0u; word < BLOCK_WORDS; word++) {
      let four = panel_word(at, channel, word);
      low_total += dots(0u, block * BLOCK_WORDS + word, four);
      if (p.m > 4u) {
        high_total += dots(4u, block * BLOCK_WORDS + word, four);
      }
    }
    let scale = panel_scale(at, channel);
    low += vec4<f32>(low_total) * scale;
    high += vec4<f32>(high_total) * scale;
    if (FORMAT == Q4_1) {
      low += block_sums(0u, block) * panel_least(at, channel);
      if (p.m > 4u) {
        high += block_sums(4u, block) * panel_least(at, channel);
      }
    }
  }
  partial[lane] = low;
  partial[256u + lane] = high;
  workgroupBarrier();
  for (var half = 128u; half >= 8u; half >>= 1u) {
    if (lane < half) {
      partial[lane] += partial[lane + half];
      partial[256u + lane] += partial[256u + lane + half];
    }
    workgroupBarrier();
  }
  let row = lane / 8u;
  if (row < p.m && channel < p.n) {
    finish(row * p.n + channel, partial[row / 4u * 256u + lane % 8u][row % 4u] * row_scale(row));
  }
}
