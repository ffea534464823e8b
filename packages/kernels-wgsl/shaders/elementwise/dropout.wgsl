// a / (1 − rate) where the element’s uniform number is at least rate, else 0: the mask is a function of the index, hence the same in the
// backward pass. 1 − rate is an immediate of its own, because the f32 `rate` does not hold it to half an ulp.
//! use philox quotient
fn dropout_f32(a: f32, i: u32, state: vec4<u32>, stream: u32, rate: f32, kept: f32) -> f32 {
  return select(0.0, quotient(a, kept), uniform_at(i, state, stream) >= rate);
}
