// What columns that stay exact add to one result. Who uses it has the words of quantized_product and binds `a: array<f32>` as well.
//! use exact_columns
fn exact_products(panel: u32, row: u32, channel: u32) -> f32 {
  let row_words = p.row_bytes / 4u;
  var sum = 0.0;
  for (var i = 0u; i < exact_count(p.k, row_words); i++) {
    sum += a[p.a_at + row * p.lda + exact_column(panel, p.k, row_words, i)] * exact_weight(panel, p.k, channel, i);
  }
  return sum;
}
