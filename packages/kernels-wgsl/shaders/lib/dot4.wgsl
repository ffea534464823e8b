// Σ of the products of four signed bytes each, exactly.
fn dot4(a: u32, b: u32) -> i32 {
  let low = vec4<u32>(24u, 16u, 8u, 0u);
  return dot(vec4<i32>(vec4<u32>(a) << low) >> vec4<u32>(24u), vec4<i32>(vec4<u32>(b) << low) >> vec4<u32>(24u));
}
