// gemm_int8 for at most eight rows of A: weights are read once and that is all there is to do, so 256 threads share a panel of eight
// channels, each every 32nd word of its channel, and neighbouring threads read neighbouring words. Registers: 8 sums. Shared memory: 8 KiB.
//! use grid quantized_product rounded_rows exact_products
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;
@group(0) @binding(13) var<storage, read_write> scratch: array<u32>;

// Sums of four rows a thread, then those of the other four.
var<workgroup> partial: array<vec4<i32>, 512>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let channel0 = flat_group(group, groups) * 8u;
  let words = (p.k + 3u) / 4u;
  let panel = p.stored_at / 4u + channel0 / 8u * (p.row_bytes / 4u);
  var low = vec4<i32>(0);
  var high = vec4<i32>(0);
  for (var word = lane / 8u; word < words; word += 32u) {
    let four = bytes_less(stored[panel + 8u + word * 8u + lane % 8u], 0x40404040u);
    low += dots(0u, word, four);
    if (p.m > 4u) {
      high += dots(4u, word, four);
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
  let channel = channel0 + lane % 8u;
  if (row < p.m && channel < p.n) {
    let total = partial[row / 4u * 256u + lane % 8u][row % 4u];
    let value = f32(total) * (bitcast<f32>(stored[panel + lane % 8u]) * row_scale(row));
    finish(row * p.n + channel, value + exact_products(panel, row, channel));
  }
}
