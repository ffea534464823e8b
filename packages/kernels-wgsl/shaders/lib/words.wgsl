// For kernels with a varying number of parameters: all of them as one list. The first are the offsets of the storage operands, in elements.
// WORD_VECTORS is put in front by who composes the shader.
@group(0) @binding(0) var<uniform> words: array<vec4<u32>, WORD_VECTORS>;

fn word(i: u32) -> u32 {
  return words[i >> 2u][i & 3u];
}
