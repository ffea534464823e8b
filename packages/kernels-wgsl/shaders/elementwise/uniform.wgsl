// Uniform random numbers in [0, 1) by element index.
//! use philox
fn uniform_f32(i: u32, state: vec4<u32>, stream: u32) -> f32 {
  return uniform_at(i, state, stream);
}
