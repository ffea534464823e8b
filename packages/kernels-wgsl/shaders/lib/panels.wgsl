// GGUF's blocks as integer products read them (the engine's quant/panels.ts), of FORMAT Q8_0, Q4_0 or Q4_1: panels of eight channels, in
// each for every 32 weights of a row eight scales, with Q4_1 eight least values, then for every four weights eight words, a channel each,
// or four words whose low nibbles are the first four channels' and whose high ones are the others'. Who uses it has the words of
// quantized_product and binds `stored: array<u32>`.
//! use rounded_rows
const Q8_0 = 3;
const Q4_0 = 4;
const Q4_1 = 5;
const HEADS: u32 = select(8, 16, FORMAT == Q4_1);
const PANEL_BLOCK: u32 = HEADS + select(32, 64, FORMAT == Q8_0);

// The word at which a panel's block begins that holds a channel.
fn panel_block(channel: u32, block: u32) -> u32 {
  return p.stored_at / 4u + (channel / 8u * blocks() + block) * PANEL_BLOCK;
}

fn panel_scale(at: u32, channel: u32) -> f32 {
  return bitcast<f32>(stored[at + channel % 8u]);
}

// Q4_1 only.
fn panel_least(at: u32, channel: u32) -> f32 {
  return bitcast<f32>(stored[at + 8u + channel % 8u]);
}

// Four weights as signed bytes.
fn panel_word(at: u32, channel: u32, word: u32) -> u32 {
  if (FORMAT == Q8_0) {
    return stored[at + HEADS + word * 8u + channel % 8u];
  }
  let nibbles = (stored[at + HEADS + word * 4u + channel % 4u] >> (channel & 4u)) & 0x0f0f0f0fu;
  return select(nibbles, bytes_less(nibbles, 0x08080808u), FORMAT == Q4_0);
}
