// Two f16 of a word as f32.
//! use exact_half
fn widen_halves(word: u32) -> vec2<f32> {
  return vec2<f32>(exact_half(word & 0xffffu), exact_half(word >> 16u));
}
