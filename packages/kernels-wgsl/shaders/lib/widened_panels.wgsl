// Weights in the panels of integer products (the engine's quant/panels.ts), of FORMAT I8 (seven bits and a scale a channel), Q8_0, Q4_0 or
// Q4_1, widened four at a time. Who uses it binds `stored: array<u32>`.
//! use bytes exact_columns
const I8 = 2;
const Q8_0 = 3;
const Q4_0 = 4;
const Q4_1 = 5;
const HEADS: u32 = select(8, 16, FORMAT == Q4_1);
const PANEL_BLOCK: u32 = HEADS + select(32, 64, FORMAT == Q8_0);

// `first` is the word at which W begins, `columns` how many weights a channel has, `row_words` how many words a panel, `column` a multiple
// of four.
fn panel_weights(first: u32, columns: u32, row_words: u32, channel: u32, column: u32) -> vec4<f32> {
  let own = channel % 8u;
  if (FORMAT == I8) {
    let panel = first + channel / 8u * row_words;
    let four = stored[panel + 8u + column / 4u * 8u + own];
    var values = (vec4<f32>(vec4<u32>(four, four >> 8u, four >> 16u, four >> 24u) & vec4<u32>(255u)) - 64.0) * bitcast<f32>(stored[panel + own]);
    for (var i = 0u; i < exact_count(columns, row_words); i++) {
      let exact = exact_column(panel, columns, row_words, i);
      if (exact / 4u == column / 4u) {
        let own_place = vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(exact % 4u);
        values = select(values, vec4<f32>(exact_weight(panel, columns, channel, i)), own_place);
      }
    }
    return values;
  }
  let block = first + (channel / 8u * (columns / 32u) + column / 32u) * PANEL_BLOCK;
  let place = column % 32u / 4u;
  let scale = bitcast<f32>(stored[block + own]);
  if (FORMAT == Q8_0) {
    return signed_bytes(stored[block + HEADS + place * 8u + own]) * scale;
  }
  let four = stored[block + HEADS + place * 4u + own % 4u] >> (own & 4u);
  let nibbles = vec4<f32>(vec4<u32>(four, four >> 8u, four >> 16u, four >> 24u) & vec4<u32>(15u));
  if (FORMAT == Q4_0) {
    return (nibbles - 8.0) * scale;
  }
  return nibbles * scale + bitcast<f32>(stored[block + 8u + own]);
}
