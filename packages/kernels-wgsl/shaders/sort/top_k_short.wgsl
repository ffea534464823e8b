// The k best elements of rows that fit in shared memory: whole rows are sorted, as many of them a workgroup as TILE elements hold. For the order of
// positions the best are sorted again.
//! use grid top_k_params sort_tile
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let shift = run_shift(p.n);
  let within = (1u << shift) - 1u;
  let first = flat_group(group, groups) * (TILE >> shift);
  for (var i = lane; i < TILE; i += 256u) {
    let row = first + (i >> shift);
    let at = i & within;
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
  sort_tile(lane, shift);
  if (p.sorted == 0u) {
    for (var i = lane; i < TILE; i += 256u) {
      tile_keys[i] = select(0xffffffffu, tile_places[i], (i & within) < p.k);
    }
    sort_tile(lane, shift);
  }
  for (var i = lane; i < TILE; i += 256u) {
    let row = first + (i >> shift);
    if (row < p.rows && (i & within) < p.k) {
      put_best(row, (i & within), tile_places[i]);
    }
  }
}
