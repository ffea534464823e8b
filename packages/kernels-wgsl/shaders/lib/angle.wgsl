// An angle modulo quarter turns. Up to 4,096 of them by W. J. Cody and W. Waite, π/2 in four parts; beyond by M. H. Payne and R. N. Hanek,
// who multiply by just the bits of 2/π that matter, here in 32-bit integers.
//! use philox rounded
struct Angle {
  // r + low: what remains, |r| ≤ π/4 or a little more
  r: f32,
  low: f32,
  // modulo 4
  quarters: u32,
}

// π/2, the first three parts of 11 bits each.
const QUARTER_1 = 1.5703125;
const QUARTER_2 = 0.0004837512969970703;
const QUARTER_3 = 7.549533620476723e-8;
const QUARTER_4 = 2.5633441640945188e-12;

fn large_angle(x: f32) -> Angle {
  // 2/π behind a word of zeros
  var two_over_pi = array<u32, 8>(
    0u, 0x28be60dbu, 0x9391054au, 0x7f09d5f4u, 0x7d4d3770u, 0x36d8a566u, 0x4f10e410u, 0x7f9458eau,
  );
  let bits = bitcast<u32>(x);
  // |x| = mantissa 2^(exponent − 32)
  let mantissa = (bits << 8u) | 0x80000000u;
  let exponent = ((bits >> 23u) & 0xffu) - 126u;
  let first = min(exponent >> 5u, 4u);
  let shift = exponent & 31u;
  // In two steps, as a shift by 32 is none.
  let high = (two_over_pi[first] << shift) | ((two_over_pi[first + 1u] >> 1u) >> (31u - shift));
  let middle = (two_over_pi[first + 1u] << shift) | ((two_over_pi[first + 2u] >> 1u) >> (31u - shift));
  let low = (two_over_pi[first + 2u] << shift) | ((two_over_pi[first + 3u] >> 1u) >> (31u - shift));
  // The product in quarter turns, with 62 bits behind the point.
  let carried = multiply_high(mantissa, low);
  var p_low = mantissa * middle + carried;
  let carry = select(0u, 1u, p_low < carried);
  var p_high = mantissa * high + multiply_high(mantissa, middle) + carry;
  var quarters = p_high >> 30u;
  p_high &= 0x3fffffffu;
  let beyond_half = p_high >= 0x20000000u;
  if (beyond_half) {
    quarters += 1u;
    p_high = (0x3fffffffu - p_high) + select(0u, 1u, p_low == 0u);
    p_low = 0u - p_low;
  }
  // 32 bits from the first that is set, times π/2 as an integer
  var leading = countLeadingZeros(p_high);
  var fraction = (p_high << min(leading, 31u)) | (p_low >> (32u - min(leading, 31u)));
  if (p_high == 0u) {
    let more = min(countLeadingZeros(p_low), 31u);
    leading = 32u + more;
    fraction = p_low << more;
  }
  let r = f32(multiply_high(fraction, 0xc90fdaa2u)) * bitcast<f32>((98u - leading) << 23u);
  let negative = (bits >> 31u) != 0u;
  return Angle(select(r, -r, beyond_half != negative), 0.0, select(quarters, 0u - quarters, negative) & 3u);
}

fn reduce_angle(x: f32) -> Angle {
  if (abs(x) > 6433.0) {
    return large_angle(x);
  }
  let k = round(x * 0.6366197723675814);
  let first = rounded(rounded(x - rounded(k * QUARTER_1)) - rounded(k * QUARTER_2)); // exact
  let third = rounded(k * QUARTER_3);
  let second = rounded(first - third);
  let rest = (rounded(first - second) - third) - k * QUARTER_4;
  let r = rounded(second + rest);
  return Angle(r, rest - rounded(r - second), u32(i32(k)) & 3u);
}
