// Two f16 of a word as f32, where the adapter has shader-f16 and the device was seen to keep subnormals, which WGSL lets it take for zero
// (core/probe_half.wgsl): one conversion in place of twelve whole-number operations a weight.
enable f16;
fn widen_halves(word: u32) -> vec2<f32> {
  return vec2<f32>(bitcast<vec2<f16>>(word));
}
