// The order of sorting as one of whole numbers: key(a) < key(b) exactly where a comes before b; zeros of both signs are equal, NaN is above everything.
// Bits alone, because a shader may take comparisons with NaN for whatever it likes. `reverse` complements the key and with it the order.
fn sort_key(bits: u32, reverse: bool) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  var key = select(bits | 0x80000000u, ~bits, magnitude != bits);
  key = select(key, 0x80000000u, magnitude == 0u);
  key = select(key, 0xffffffffu, magnitude > 0x7f800000u);
  return select(key, ~key, reverse);
}
