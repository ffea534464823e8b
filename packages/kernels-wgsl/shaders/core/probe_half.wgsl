// How many of all finite f16 the device's own conversion does not widen exactly, subnormals among them: two words, a thread.
//! use half exact_half
struct Params {
  y_at: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let low = 2u * id.x;
  let widened = bitcast<vec2<u32>>(widen_halves(low | ((low + 1u) << 16u)));
  let exact = bitcast<vec2<u32>>(vec2<f32>(exact_half(low), exact_half(low + 1u)));
  if ((low & 0x7c00u) != 0x7c00u && any(widened != exact)) {
    atomicAdd(&y[p.y_at], 1u);
  }
}
