// Philox4x32-10 (J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): random words as a function of a counter
// and a key, the same bits as the engine's random.ts draws. A block of four words serves elements 4·block … 4·block + 3.

// Bits 32 … 63 of the product, by halves: WGSL has no wider integers.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let carried = a0 * b1 + (middle & 0xffffu);
  return a1 * b1 + (middle >> 16u) + (carried >> 16u);
}

fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let high0 = multiply_high(c.x, 0xd2511f53u);
    let high1 = multiply_high(c.z, 0xcd9e8d57u);
    c = vec4<u32>(high1 ^ c.y ^ k.x, c.z * 0xcd9e8d57u, high0 ^ c.w ^ k.y, c.x * 0xd2511f53u);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// The words of element i's block; state: seed low, seed high, step low, step high.
fn random_block(i: u32, state: vec4<u32>, stream: u32) -> vec4<u32> {
  return philox(vec4<u32>(i >> 2u, stream, state.z, state.w), state.xy);
}

// The uniform number in [0, 1) of element i: 24 bits.
fn uniform_at(i: u32, state: vec4<u32>, stream: u32) -> f32 {
  return f32(random_block(i, state, stream)[i & 3u] >> 8u) * 5.9604644775390625e-8;
}
