// The order of sorting whole numbers as one of unsigned ones. `reverse` complements the key and with it the order.
fn sort_key(bits: u32, reverse: bool) -> u32 {
  let key = bits ^ 0x80000000u;
  return select(key, ~key, reverse);
}
