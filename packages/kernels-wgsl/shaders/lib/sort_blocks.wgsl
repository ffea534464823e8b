// The first pass of a merge sort of lists: blocks of RUN pairs are sorted in shared memory, TILE / RUN blocks a workgroup of 256 threads. Whoever uses it
// defines source_pair(list, i), the pair (key, place) at position i of a list, and put_pair(list, length, i, key, place), which takes it sorted.
//! use sort_tile
fn sort_blocks(group: u32, lane: u32, lists: u32, length: u32) {
  let blocks = (length + RUN - 1u) / RUN;
  for (var i = lane; i < TILE; i += 256u) {
    let block = group * (TILE / RUN) + i / RUN;
    let list = block / max(blocks, 1u);
    let at = (block - list * blocks) * RUN + i % RUN;
    // What fills up a block sorts behind everything.
    var pair = vec2<u32>(0xffffffffu);
    if (list < lists && at < length) {
      pair = source_pair(list, at);
    }
    tile_keys[i] = pair.x;
    tile_places[i] = pair.y;
  }
  sort_tile(lane);
  for (var i = lane; i < TILE; i += 256u) {
    let block = group * (TILE / RUN) + i / RUN;
    let list = block / max(blocks, 1u);
    let at = (block - list * blocks) * RUN + i % RUN;
    if (list < lists && at < length) {
      put_pair(list, length, at, tile_keys[i], tile_places[i]);
    }
  }
}
