// Whole numbers as unsigned ones in the same order, and in the opposite one.
fn rising(bits: u32) -> u32 {
  return bits ^ 0x80000000u;
}

fn falling(bits: u32) -> u32 {
  return ~rising(bits);
}

fn from_rising(key: u32) -> u32 {
  return key ^ 0x80000000u;
}

fn from_falling(key: u32) -> u32 {
  return from_rising(~key);
}
