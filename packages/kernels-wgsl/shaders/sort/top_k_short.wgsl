// The k best elements of rows that fit in shared memory: rows of at most RUN elements are sorted, TILE / RUN of them a workgroup (8 bytes an element, at most
// 16 KiB). For the order of positions the best are sorted again.
//! use grid top_k_params sort_tile
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first = flat_group(group, groups) * (TILE / RUN);
  for (var i = lane; i < TILE; i += 256u) {
    let row = first + i / RUN;
    let at = i % RUN;
    // What fills up a run sorts behind everything.
    var key = 0xffffffffu;
    var place = 0xffffffffu;
    if (row < p.rows && at < p.n) {
      key = key_at(row, at);
      place = at;
    }
    tile_keys[i] = key;
    tile_places[i] = place;
  }
  sort_tile(lane);
  if (p.sorted == 0u) {
    for (var i = lane; i < TILE; i += 256u) {
      tile_keys[i] = select(0xffffffffu, tile_places[i], i % RUN < p.k);
    }
    sort_tile(lane);
  }
  for (var i = lane; i < TILE; i += 256u) {
    let row = first + i / RUN;
    if (row < p.rows && i % RUN < p.k) {
      put_best(row, i % RUN, tile_places[i]);
    }
  }
}
