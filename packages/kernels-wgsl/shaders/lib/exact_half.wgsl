// An f16 as f32, exactly and on any device. unpack2x16float may make subnormals zero, and scales of blocks of small weights are subnormal.
fn exact_half(bits: u32) -> f32 {
  let magnitude = bits & 0x7fffu;
  if (magnitude < 0x400u) {
    return select(f32(magnitude), -f32(magnitude), bits != magnitude) * 0x1p-24;
  }
  let rebased = (magnitude << 13u) + select(0x38000000u, 0x70000000u, magnitude >= 0x7c00u);
  return bitcast<f32>(rebased | ((bits & 0x8000u) << 16u));
}
