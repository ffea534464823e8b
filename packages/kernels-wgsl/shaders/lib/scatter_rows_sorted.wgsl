// What the passes of scatter_rows share: positions on their way through a merge sort by the row that they name.
//! use sort_scratch
struct Params {
  y_at: u32,
  values_at: u32,
  indices_at: u32,
  outer: u32,
  rows: u32,
  count: u32,
  inner: u32,
  padding: i32,
  reads_at: u32,
  writes_at: u32,
  capacity: u32,
  width: u32,
}
@group(0) @binding(0) var<uniform> p: Params;

fn sort_round() -> SortRound {
  return SortRound(p.reads_at, p.writes_at, p.capacity, p.width);
}

fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  keep_pair(i, key, place);
}

// Where the positions of a row begin among the sorted ones; behind both halves of the pairs.
fn start_at(row: u32) -> u32 {
  return 4u * p.capacity + row;
}
