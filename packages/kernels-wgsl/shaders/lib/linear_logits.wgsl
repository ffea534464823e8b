// Logits x Wᵀ of TILE_M rows and TILE_N words in the registers of a workgroup: both operands lie along the channels, so that neighbouring
// threads read neighbouring channels. Whoever uses it declares p, x and w.
//! use register_tile

fn hidden(row: u32, k: u32) -> f32 {
  if (row < p.rows && k < p.channels) {
    return x[p.x_at + row * p.channels + k];
  }
  return 0.0;
}

fn word_vector(word: u32, k: u32) -> f32 {
  if (word < p.words && k < p.channels) {
    return w[p.w_at + word * p.channels + k];
  }
  return 0.0;
}

fn add_logits(sums: ptr<function, Sums>, row0: u32, word0: u32, lane: u32) {
  for (var k0 = 0u; k0 < p.channels; k0 += DEPTH) {
    for (var i = lane; i < DEPTH * QUADS_M; i += THREADS) {
      let k = k0 + i % DEPTH;
      let row = row0 + i / DEPTH * 4u;
      tile_a[i % DEPTH * PITCH_A + i / DEPTH] = vec4<f32>(hidden(row, k), hidden(row + 1u, k), hidden(row + 2u, k), hidden(row + 3u, k));
    }
    for (var i = lane; i < DEPTH * THREADS_N; i += THREADS) {
      let k = k0 + i % DEPTH;
      let word = word0 + i / DEPTH;
      tile_b[i % DEPTH * PITCH_B + i / DEPTH] = vec4<f32>(
        word_vector(word, k),
        word_vector(word + THREADS_N, k),
        word_vector(word + 2u * THREADS_N, k),
        word_vector(word + 3u * THREADS_N, k),
      );
    }
    workgroupBarrier();
    add_products(sums, lane);
    workgroupBarrier();
  }
}

// What is added to the logits of four words.
fn biases(words: vec4<u32>) -> vec4<f32> {
  if (p.has_bias == 0u) {
    return vec4<f32>(0.0);
  }
  let at = p.bias_at + min(words, vec4<u32>(p.words - 1u));
  return vec4<f32>(bias[at.x], bias[at.y], bias[at.z], bias[at.w]);
}
