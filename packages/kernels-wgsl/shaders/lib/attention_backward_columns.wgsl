// Operands of the gradients by keys and values, and what becomes of its results.
//! use attention_slopes attention_turn_back
const OWN = 7u;
@group(0) @binding(2) var<storage, read_write> dk: array<f32>;
@group(0) @binding(3) var<storage, read_write> dv: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(8) var<storage, read> q: array<f32>;
@group(0) @binding(9) var<storage, read> k: array<f32>;
@group(0) @binding(10) var<storage, read> v: array<f32>;
@group(0) @binding(14) var<storage, read> bias: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;

struct Place {
  sequence: Sequence,
  head: u32,
  key: u32,
  // Keys that are stored, whether they count or not: of these all gradients are written.
  stored: u32,
  // The first rows that look at the tile, a multiple of ROWS_AT_A_TIME, and all rows
  row: u32,
  rows: u32,
}

fn place_of(flat: u32) -> Place {
  let tile = tile_of(flat, scalar(3u), 1u, ROWS, 2u);
  if (tile.head >= key_heads() || tile.sequence > sequence_count()) {
    return Place();
  }
  let s = sequence_of(tile.sequence);
  let first = tile.tile * ROWS;
  let stored = select(scalar(3u), s.k_length, has(PACKED));
  if (first >= stored || (!has(PACKED) && tile.sequence >= sequence_count())) {
    return Place();
  }
  var row = 0u;
  if (has(CAUSAL)) {
    row = u32(max(i32(first) - s.offset, 0)) * group_size() / ROWS_AT_A_TIME * ROWS_AT_A_TIME;
  }
  return Place(s, tile.head, first, stored, row, select(s.q_length * group_size(), 0u, is_uncovered(s) || first >= s.k_length));
}

fn store_dk(place: Place, j: u32, c: u32, values: vec4<f32>) {
  let at = word(1u) + dense_key(place.sequence, j, place.head) * head_dim();
  for (var i = 0u; i < 4u; i++) {
    if (j < place.stored && c + i < head_dim()) {
      dk[at + c + i] = values[i];
    }
  }
}

fn store_dv(place: Place, j: u32, c: u32, values: vec4<f32>) {
  let at = word(2u) + dense_key(place.sequence, j, place.head) * value_dim();
  for (var i = 0u; i < 4u; i++) {
    if (j < place.stored && c + i < value_dim()) {
      dv[at + c + i] = values[i];
    }
  }
}

// Pairs of a key, every `step`-th from `first` on.
fn turn_key_back(place: Place, j: u32, first: u32, step: u32) {
  if (j >= min(place.stored, place.sequence.k_length)) {
    return;
  }
  for (var pair = first; pair < rotated_half(); pair += step) {
    let turn = back_turn(pair, j);
    let at = word(1u) + dense_key(place.sequence, j, place.head) * head_dim() + turn.at;
    let turned = turned_back(turn, dk[at.x], dk[at.y]);
    dk[at.x] = turned.x;
    dk[at.y] = turned.y;
  }
}
