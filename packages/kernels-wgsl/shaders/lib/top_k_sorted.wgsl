// The chosen of each row on their way through a merge sort, whose last pass writes the outputs.
//! use top_k_params sort_scratch
fn sort_round() -> SortRound {
  return SortRound(p.reads_at, p.writes_at, p.capacity, p.width);
}

fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  if (p.last == 1u) {
    put_best(list, i, place);
  } else {
    keep_pair(list * length + i, key, place);
  }
}
