// Floats as whole numbers in the same order, from their bits: infinities are in it, and comparing needs no float arithmetic, which might take NaN for
// impossible. Both zeros are one number. NaN is above all in `rising`, whose greatest value is the largest element, and in `falling`, whose greatest is the smallest.
fn rising(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0xffffffffu;
  }
  return select(bits | 0x80000000u, select(~bits, 0x80000000u, bits == 0x80000000u), bits >= 0x80000000u);
}

fn falling(bits: u32) -> u32 {
  let key = rising(bits);
  return select(~key, key, key == 0xffffffffu);
}

fn from_rising(key: u32) -> u32 {
  return select(~key, key ^ 0x80000000u, key >= 0x80000000u);
}

fn from_falling(key: u32) -> u32 {
  return from_rising(select(~key, key, key == 0xffffffffu));
}
