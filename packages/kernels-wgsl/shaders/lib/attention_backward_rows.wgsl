// Operands of the gradient by queries, and what becomes of its results.
//! use attention_place attention_slopes attention_turn_back
const OWN = 7u;
@group(0) @binding(1) var<storage, read_write> dq: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(8) var<storage, read> q: array<f32>;
@group(0) @binding(9) var<storage, read> k: array<f32>;
@group(0) @binding(10) var<storage, read> v: array<f32>;
@group(0) @binding(14) var<storage, read> bias: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;

fn store(row: Row, c: u32, values: vec4<f32>) {
  for (var j = 0u; j < 4u; j++) {
    if (row.q != NOWHERE && c + j < head_dim()) {
      dq[word(0u) + row.dense * head_dim() + c + j] = values[j];
    }
  }
}

// Pairs of a row, every `step`-th from `first` on.
fn turn_row_back(row: Row, first: u32, step: u32) {
  if (row.q == NOWHERE) {
    return;
  }
  for (var pair = first; pair < rotated_half(); pair += step) {
    let turn = back_turn(pair, row.position);
    let at = word(0u) + row.dense * head_dim() + turn.at;
    let turned = turned_back(turn, dq[at.x], dq[at.y]);
    dq[at.x] = turned.x;
    dq[at.y] = turned.y;
  }
}
