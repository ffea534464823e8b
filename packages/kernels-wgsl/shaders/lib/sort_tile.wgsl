// Pairs (key, place) in shared memory, sorted by 256 threads in runs of 2^shift each (Batcher's bitonic network, 1968): TILE pairs in all, 8 KiB.
// Equal keys are in the order of their places, so that the order is that of a stable sort. Runs are no constant, lest compilers unroll the stages.
const TILE = 1024u;
var<workgroup> tile_keys: array<u32, TILE>;
var<workgroup> tile_places: array<u32, TILE>;

// The shift of runs that hold lists of `length`, or blocks of such.
fn run_shift(length: u32) -> u32 {
  return min(32u - countLeadingZeros(max(length, 1u) - 1u), countTrailingZeros(TILE));
}

fn sort_tile(lane: u32, shift: u32) {
  let run = 1u << shift;
  for (var size = 2u; size <= run; size <<= 1u) {
    for (var stride = size >> 1u; stride > 0u; stride >>= 1u) {
      workgroupBarrier();
      for (var i = lane; i < TILE / 2u; i += 256u) {
        let a = 2u * i - (i & (stride - 1u));
        let b = a + stride;
        let key_a = tile_keys[a];
        let key_b = tile_keys[b];
        let place_a = tile_places[a];
        let place_b = tile_places[b];
        let behind = key_a > key_b || (key_a == key_b && place_a > place_b);
        // Runs that are not yet whole turn up and down by turns.
        if (behind == ((a & (run - 1u) & size) == 0u)) {
          tile_keys[a] = key_b;
          tile_keys[b] = key_a;
          tile_places[a] = place_b;
          tile_places[b] = place_a;
        }
      }
    }
  }
  workgroupBarrier();
}
