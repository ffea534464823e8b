// The first pass of a merge sort of lists: blocks of TILE pairs, or several whole lists, are sorted in shared memory by a workgroup of 256 threads. Whoever
// uses it defines source_pair(list, i), the pair (key, place) at position i of a list, and put_pair(list, length, i, key, place), which takes it sorted.
//! use sort_tile
fn sort_blocks(group: u32, lane: u32, lists: u32, length: u32) {
  let shift = run_shift(length);
  let run = 1u << shift;
  let blocks = max((length + run - 1u) >> shift, 1u);
  for (var i = lane; i < TILE; i += 256u) {
    let block = (group * TILE + i) >> shift;
    let list = block / blocks;
    let at = ((block - list * blocks) << shift) + (i & (run - 1u));
    // What fills up a block sorts behind everything.
    var pair = vec2<u32>(0xffffffffu);
    if (list < lists && at < length) {
      pair = source_pair(list, at);
    }
    tile_keys[i] = pair.x;
    tile_places[i] = pair.y;
  }
  sort_tile(lane, shift);
  for (var i = lane; i < TILE; i += 256u) {
    let block = (group * TILE + i) >> shift;
    let list = block / blocks;
    let at = ((block - list * blocks) << shift) + (i & (run - 1u));
    if (list < lists && at < length) {
      put_pair(list, length, at, tile_keys[i], tile_places[i]);
    }
  }
}
