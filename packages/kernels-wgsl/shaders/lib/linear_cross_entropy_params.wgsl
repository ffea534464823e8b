struct Params {
  loss_at: u32,
  lse_at: u32,
  tile_at: u32,
  x_at: u32,
  w_at: u32,
  labels_at: u32,
  bias_at: u32,
  rows: u32,
  channels: u32,
  words: u32,
  tile_rows: u32,
  tile_words: u32,
  has_bias: u32,
  stands_still: u32,
  ignored: i32,
  smoothing: f32,
  smoothing_rest: f32,
  // Words of the passes: parts of the vocabulary, and tiles of a part
  parts: u32,
  part_tiles: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
