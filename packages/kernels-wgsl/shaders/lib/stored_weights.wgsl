// Weights of a row in a storage format (FORMAT), widened four at a time: f16, bf16, int8 with a scale a row, and GGUF's blocks
// (ggml-common.h, ggml-quants.c).
// The engine's quant folder has the same formats in float64. What lies behind a row's end is read as if it were weights.
//! use bytes half
const F16 = 0;
const BF16 = 1;
const I8 = 2;
const Q8_0 = 3;
const Q4_0 = 4;
const Q4_1 = 5;
const Q6_K = 6;

// Nibbles of four bytes: low ones for the first half of a block, high ones for the second.
fn nibbles(at: u32, high: bool) -> vec4<f32> {
  let four = bytes_at(at) >> select(0u, 4u, high);
  return vec4<f32>(vec4<u32>(four, four >> 8u, four >> 16u, four >> 24u) & vec4<u32>(15u));
}

// `row` is the byte at which the row begins, `column` a multiple of four.
fn weights_at(row: u32, column: u32) -> vec4<f32> {
  if (FORMAT == F16) {
    let low = bytes_at(row + 2u * column);
    let high = bytes_at(row + 2u * column + 4u);
    return vec4<f32>(widen_halves(low), widen_halves(high));
  }
  if (FORMAT == BF16) {
    let low = bytes_at(row + 2u * column);
    let high = bytes_at(row + 2u * column + 4u);
    return bitcast<vec4<f32>>(vec4<u32>(low << 16u, low & 0xffff0000u, high << 16u, high & 0xffff0000u));
  }
  if (FORMAT == I8) {
    return signed_bytes(bytes_at(row + 4u + column)) * bitcast<f32>(bytes_at(row));
  }
  let place = column % 32u;
  if (FORMAT == Q8_0) {
    let block = row + column / 32u * 34u;
    return signed_bytes(bytes_at(block + 2u + place)) * widen_halves(half_at(block)).x;
  }
  if (FORMAT == Q4_0) {
    let block = row + column / 32u * 18u;
    return (nibbles(block + 2u + place % 16u, place >= 16u) - 8.0) * widen_halves(half_at(block)).x;
  }
  if (FORMAT == Q4_1) {
    let block = row + column / 32u * 20u;
    let ends = widen_halves(bytes_at(block));
    return nibbles(block + 4u + place % 16u, place >= 16u) * ends.x + ends.y;
  }
  // Q6_K, 256 weights a block: low nibbles (128 bytes), upper pairs (64), sixteen int8 scales, an f16 scale. Each half of a block has four
  // runs of 32, of which the first two take low nibbles.
  let block = row + column / 256u * 210u;
  let half = column / 128u % 2u;
  let run = column / 32u % 4u;
  let low = nibbles(block + half * 64u + run % 2u * 32u + place, run >= 2u);
  let four = bytes_at(block + 128u + half * 32u + place) >> (2u * run);
  let upper = vec4<f32>(vec4<u32>(four, four >> 8u, four >> 16u, four >> 24u) & vec4<u32>(3u));
  let scale = signed_bytes(bytes_at(block + 192u + half * 8u + run * 2u + place / 16u)).x * widen_halves(half_at(block + 208u)).x;
  return (low + 16.0 * upper - 32.0) * scale;
}
