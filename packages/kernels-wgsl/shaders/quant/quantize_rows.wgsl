// Rows of activations as int8 with a scale a row, a workgroup a row: q = round(a · (127 / max |a|)), half to even. The quotient is rounded
// as IEEE 754 has it, which WGSL's division need not be: a factor one unit off would move what lies halfway between two steps. A row that
// holds NaN or infinity has that for a scale, so that all its products show it. lib/rounded_rows.wgsl says where all this goes.
// Columns that stay exact in panels of int8 are no part of it, and are zero.
//! use grid quantized_product rounded_rows exact_columns
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> stored: array<u32>;
@group(0) @binding(13) var<storage, read_write> scratch: array<u32>;

const I8 = 2u;

var<workgroup> largest: array<u32, 64>;

// 127 / x for the bits of a positive x, by long division; zero where x or the quotient is beyond normal numbers.
fn factor_of(bits: u32) -> f32 {
  let exponent = bits >> 23u;
  if (exponent < 6u || exponent == 255u) {
    return 0.0;
  }
  let divisor = (bits & 0x7fffffu) | 0x800000u;
  // 127 with its leading bit where the divisor's is.
  var rest = 127u << 17u;
  var scale = 260u - exponent;
  if (rest < divisor) {
    rest <<= 1u;
    scale--;
  }
  var quotient = 0u;
  for (var bit = 0u; bit < 24u; bit++) {
    quotient <<= 1u;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1u;
    }
    rest <<= 1u;
  }
  if (rest > divisor || (rest == divisor && (quotient & 1u) != 0u)) {
    quotient++;
  }
  // The leading bit adds one to the exponent.
  return bitcast<f32>(((scale - 1u) << 23u) + quotient);
}

// Whether column k stays exact.
fn is_exact(k: u32) -> bool {
  if (p.format != I8) {
    return false;
  }
  let row_words = p.row_bytes / 4u;
  for (var i = 0u; i < exact_count(p.k, row_words); i++) {
    if (exact_column(p.stored_at / 4u, p.k, row_words, i) == k) {
      return true;
    }
  }
  return false;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = flat_group(group, groups);
  if (row >= p.m) {
    return;
  }
  let first = p.a_at + row * p.lda;
  // Magnitudes are ordered as their bits are; NaN is above all.
  var most = 0u;
  for (var i = lane; i < p.k; i += 64u) {
    if (!is_exact(i)) {
      most = max(most, bitcast<u32>(a[first + i]) & 0x7fffffffu);
    }
  }
  largest[lane] = most;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) {
      largest[lane] = max(largest[lane], largest[lane + half]);
    }
    workgroupBarrier();
  }
  let factor = factor_of(largest[0]);
  let to = rounded_row(row);
  let words = blocks() * BLOCK_WORDS;
  for (var word = lane; word < words; word += 64u) {
    var four = 0u;
    for (var i = 0u; i < 4u; i++) {
      let k = 4u * word + i;
      if (k < p.k && !is_exact(k)) {
        four |= (u32(i32(round(a[first + k] * factor))) & 255u) << (8u * i);
      }
    }
    scratch[to + 1u + word] = four;
  }
  if (lane == 0u) {
    scratch[to] = bitcast<u32>(bitcast<f32>(largest[0]) / 127.0);
  }
  storageBarrier();
  for (var block = lane; block < blocks(); block += 64u) {
    var sum = 0;
    for (var word = 0u; word < BLOCK_WORDS; word++) {
      sum += dot4(scratch[to + 1u + block * BLOCK_WORDS + word], 0x01010101u);
    }
    scratch[to + 1u + words + block] = bitcast<u32>(sum);
  }
}
