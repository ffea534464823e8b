// Where a workgroup is whose tile is ROWS rows (queries of all heads that a head of k and v serves), and how many keys these may look at.
//! use attention_scores
struct Place {
  sequence: Sequence,
  head: u32,
  row: u32,
  keys: u32,
}

fn place_of(flat: u32) -> Place {
  let tile = tile_of(flat, scalar(2u), group_size(), ROWS, 0u);
  if (tile.head >= key_heads() || tile.sequence > sequence_count()) {
    return Place();
  }
  let s = sequence_of(tile.sequence);
  let row = tile.tile * ROWS;
  if (row >= s.q_length * group_size() || (!has(PACKED) && tile.sequence >= sequence_count())) {
    return Place();
  }
  var keys = select(s.k_length, 0u, is_uncovered(s));
  if (has(CAUSAL)) {
    let last = min(row + ROWS, s.q_length * group_size()) - 1u;
    keys = min(keys, u32(max(i32(last / group_size()) + s.offset + 1, 0)));
  }
  return Place(s, tile.head, row, keys);
}
