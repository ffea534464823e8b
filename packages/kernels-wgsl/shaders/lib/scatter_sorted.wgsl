// Positions of each line of scatter_add on their way through a merge sort by the index that they name. The passes' own words follow those
// of the axes.
//! use scatter_line sort_scratch
fn sort_round() -> SortRound {
  let at = 10u + 5u * word(9u);
  return SortRound(word(at), word(at + 1u), word(at + 2u), word(at + 3u));
}

fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  keep_pair(list * length + i, key, place);
}
