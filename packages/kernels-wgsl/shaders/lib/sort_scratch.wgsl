// Pairs of a merge sort in scratch storage: keys and places, CAPACITY of each, twice over, so that rounds go from one half to the other. The constant TO is
// the half that a round writes.
@group(0) @binding(13) var<storage, read_write> scratch: array<u32>;

fn run_key(at: u32) -> u32 {
  return scratch[2u * (1u - TO) * CAPACITY + at];
}

fn run_place(at: u32) -> u32 {
  return scratch[(2u * (1u - TO) + 1u) * CAPACITY + at];
}

fn keep_pair(at: u32, key: u32, place: u32) {
  scratch[2u * TO * CAPACITY + at] = key;
  scratch[(2u * TO + 1u) * CAPACITY + at] = place;
}
