// A value as f32 has it. WGSL lets a compiler fuse and reorder floating-point operations where the result is at least as accurate, which
// spoils what depends on a rounding having taken place: exact products in a reduction, and the error terms of sums and products. An integer
// operation ends such rewriting; this one changes +0 alone, into 2^-149.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(max(bitcast<u32>(x), 1u));
}
