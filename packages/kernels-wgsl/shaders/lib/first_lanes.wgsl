// x, the vector of elements 4i … 4i + 3, with those from n on set to 0, whatever they held.
fn first_lanes(x: vec4<f32>, i: u32, n: u32) -> vec4<f32> {
  return select(vec4(0.0), x, vec4(4u * i) + vec4(0u, 1u, 2u, 3u) < vec4(n));
}
