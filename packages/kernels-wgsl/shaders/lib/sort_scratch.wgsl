// Pairs of a merge sort in scratch storage: keys, and their places `capacity` words further, twice over, so that rounds go from one to the
// other. Whoever uses it defines sort_round().
struct SortRound {
  // Where the keys lie that are read, and those that are written.
  reads_at: u32,
  writes_at: u32,
  capacity: u32,
  // Length of the runs that are merged.
  width: u32,
}
@group(0) @binding(13) var<storage, read_write> scratch: array<u32>;

fn run_width() -> u32 {
  return sort_round().width;
}

fn run_key(at: u32) -> u32 {
  return scratch[sort_round().reads_at + at];
}

fn run_place(at: u32) -> u32 {
  return scratch[sort_round().reads_at + sort_round().capacity + at];
}

fn keep_pair(at: u32, key: u32, place: u32) {
  scratch[sort_round().writes_at + at] = key;
  scratch[sort_round().writes_at + sort_round().capacity + at] = place;
}
