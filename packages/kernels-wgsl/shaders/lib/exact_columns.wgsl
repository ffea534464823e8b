// Columns of int8 panels that stay exact (the engine's quant/panels.ts): behind a panel's bytes the eight f32 weights of each, then their
// numbers. Who uses it binds `stored: array<u32>`; `panel` is the word at which a panel begins, `columns` how many weights a channel has,
// `row_words` how many words a panel.
fn exact_count(columns: u32, row_words: u32) -> u32 {
  return (row_words - exact_tail(columns)) / 9u;
}

fn exact_tail(columns: u32) -> u32 {
  return 8u + (columns + 3u) / 4u * 8u;
}

fn exact_column(panel: u32, columns: u32, row_words: u32, i: u32) -> u32 {
  return min(stored[panel + exact_tail(columns) + 8u * exact_count(columns, row_words) + i], columns - 1u);
}

fn exact_weight(panel: u32, columns: u32, channel: u32, i: u32) -> f32 {
  return bitcast<f32>(stored[panel + exact_tail(columns) + 8u * i + channel % 8u]);
}
