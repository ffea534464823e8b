// Rows 4 group … 4 group + 3, 16 of 64 threads each: lse, and delta = Σ dy·o less dlse, which is taken from a row's slopes by its weights
// (Dao 2023, arXiv:2307.08691, algorithm 2). o, lse, dy and dlse are the last of the kernel's own operands.
//! use attention
var<workgroup> partial: array<f32, 64>;

fn save_rows(group: u32, lane: u32) {
  let tokens = select(sequence_count(), 1u, has(PACKED)) * scalar(2u);
  let row = 4u * group + lane / 16u;
  let exists = row < tokens * query_heads();
  var sum = 0.0;
  if (exists) {
    for (var c = lane % 16u; c < value_dim(); c += 16u) {
      sum += dy[word(OWN - 2u) + row * value_dim() + c] * o[word(OWN - 4u) + row * value_dim() + c];
    }
  }
  partial[lane] = sum;
  workgroupBarrier();
  for (var half = 8u; half > 0u; half >>= 1u) {
    if (lane % 16u < half) {
      partial[lane] += partial[lane + half];
    }
    workgroupBarrier();
  }
  if (exists && lane % 16u == 0u) {
    var delta = partial[lane];
    if (has(LSE_GRADIENT)) {
      delta -= dlse[word(OWN - 1u) + row];
    }
    scratch[free_at() + 2u * row] = bitcast<u32>(lse[word(OWN - 3u) + row]);
    scratch[free_at() + 2u * row + 1u] = bitcast<u32>(delta);
  }
}
