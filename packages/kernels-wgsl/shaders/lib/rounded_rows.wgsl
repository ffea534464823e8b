// Rows of A as quant/quantize_rows.wgsl leaves them in scratch: the scale, words of four bytes each up to a multiple of 32 bytes, and the
// sum of each 32.
// Who uses it has the words of quantized_product and binds `scratch: array<u32>`.
//! use dot4
const BLOCK_WORDS = 8u;

fn blocks() -> u32 {
  return (p.k + 31u) / 32u;
}

fn rounded_row(row: u32) -> u32 {
  return row * (1u + blocks() * (BLOCK_WORDS + 1u));
}

fn row_scale(row: u32) -> f32 {
  return bitcast<f32>(scratch[rounded_row(row)]);
}

fn rounded_word(row: u32, word: u32) -> u32 {
  return scratch[rounded_row(row) + 1u + word];
}

fn block_sum(row: u32, block: u32) -> i32 {
  return bitcast<i32>(scratch[rounded_row(row) + 1u + blocks() * BLOCK_WORDS + block]);
}

// Products of one word of weights with that of up to four rows from `row` on.
fn dots(row: u32, word: u32, weights: u32) -> vec4<i32> {
  var sums = vec4<i32>(dot4(rounded_word(row, word), weights), 0, 0, 0);
  if (row + 1u < p.m) {
    sums.y = dot4(rounded_word(row + 1u, word), weights);
  }
  if (row + 2u < p.m) {
    sums.z = dot4(rounded_word(row + 2u, word), weights);
  }
  if (row + 3u < p.m) {
    sums.w = dot4(rounded_word(row + 3u, word), weights);
  }
  return sums;
}

// Each byte less n, where none leaves the range of signed bytes; n is repeated in all four.
fn bytes_less(bytes: u32, n: u32) -> u32 {
  return ((bytes | 0x80808080u) - n) ^ 0x80808080u;
}
