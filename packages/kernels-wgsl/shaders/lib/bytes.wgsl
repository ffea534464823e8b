// Stored blocks are bytes in words, little end first; who uses this binds them as `stored: array<u32>`. Words behind the last are the last.
fn stored_word(i: u32) -> u32 {
  return stored[min(i, arrayLength(&stored) - 1u)];
}

// 16 bits at an even place.
fn half_at(at: u32) -> u32 {
  return (stored[at >> 2u] >> ((at & 2u) * 8u)) & 0xffffu;
}

// Four bytes at any place.
fn bytes_at(at: u32) -> u32 {
  let shift = (at & 3u) * 8u;
  let low = stored_word(at >> 2u);
  if (shift == 0u) {
    return low;
  }
  return (low >> shift) | (stored_word((at >> 2u) + 1u) << (32u - shift));
}

fn signed_bytes(four: u32) -> vec4<f32> {
  return vec4<f32>(vec4<i32>(vec4<u32>(four << 24u, four << 16u, four << 8u, four)) >> vec4<u32>(24u));
}

// An f16 as f32, exactly. unpack2x16float may make subnormals zero, and scales of blocks of small weights are subnormal.
fn widen_f16(bits: u32) -> f32 {
  let magnitude = bits & 0x7fffu;
  if (magnitude < 0x400u) {
    return select(f32(magnitude), -f32(magnitude), bits != magnitude) * 0x1p-24;
  }
  let rebased = (magnitude << 13u) + select(0x38000000u, 0x70000000u, magnitude >= 0x7c00u);
  return bitcast<f32>(rebased | ((bits & 0x8000u) << 16u));
}
