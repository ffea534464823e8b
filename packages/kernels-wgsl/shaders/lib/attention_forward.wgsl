// Operands of attention, and what becomes of its results.
//! use attention_place log
const OWN = 2u;
@group(0) @binding(1) var<storage, read_write> o: array<f32>;
@group(0) @binding(2) var<storage, read_write> lse: array<f32>;
@group(0) @binding(3) var<storage, read> q: array<f32>;
@group(0) @binding(4) var<storage, read> k: array<f32>;
@group(0) @binding(5) var<storage, read> v: array<f32>;
@group(0) @binding(9) var<storage, read> bias: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;

fn value(at: u32, c: u32) -> f32 {
  if (at == NOWHERE || c >= value_dim()) {
    return 0.0;
  }
  return v[at + c];
}

fn store(row: Row, c: u32, values: vec4<f32>) {
  for (var j = 0u; j < 4u; j++) {
    if (row.q != NOWHERE && c + j < value_dim()) {
      o[word(0u) + row.dense * value_dim() + c + j] = values[j];
    }
  }
}

fn store_lse(row: Row, s: Sequence, top: f32, total: f32) {
  if (row.q != NOWHERE) {
    let empty = select(infinity(), 0.0, is_uncovered(s));
    lse[word(1u) + row.dense] = select(top + log_own(total), empty, total == 0.0);
  }
}
