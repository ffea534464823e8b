// 64 / LANES rows a group of 64 threads, LANES threads each: lse, and delta = Σ dy·o less dlse, which is taken from a row's slopes by its weights
// (Dao 2023, arXiv:2307.08691, algorithm 2). o, lse, dy and dlse are the last of the kernel's own operands.
//! use attention
var<workgroup> partial: array<f32, 64>;

fn save_rows(group: u32, lane: u32) {
  let tokens = select(sequence_count(), 1u, has(PACKED)) * scalar(2u);
  let row = 64u / LANES * group + lane / LANES;
  let exists = row < tokens * query_heads();
  var sum = 0.0;
  if (exists) {
    for (var c = lane % LANES; c < value_dim(); c += LANES) {
      sum += dy[word(OWN - 2u) + row * value_dim() + c] * o[word(OWN - 4u) + row * value_dim() + c];
    }
  }
  if (LANES > 1) {
    partial[lane] = sum;
    workgroupBarrier();
    for (var half = u32(LANES) / 2u; half > 0u; half >>= 1u) {
      if (lane % LANES < half) {
        partial[lane] += partial[lane + half];
      }
      workgroupBarrier();
    }
    sum = partial[lane];
  }
  if (exists && lane % LANES == 0u) {
    var delta = sum;
    if (has(LSE_GRADIENT)) {
      delta -= dlse[word(OWN - 1u) + row];
    }
    scratch[free_at() + 2u * row] = bitcast<u32>(lse[word(OWN - 3u) + row]);
    scratch[free_at() + 2u * row + 1u] = bitcast<u32>(delta);
  }
}
