// The words of a product with stored W; row_bytes are those of a row of blocks, or of a panel.
struct Params {
  y_at: u32,
  a_at: u32,
  stored_at: u32,
  epilogue_slot: u32,
  epilogue_words: u32,
  m: u32,
  n: u32,
  k: u32,
  lda: u32,
  format: u32,
  row_bytes: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
