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
