// dq = scale · slopes · k for devices whose threads run one after another: a thread has four rows, which it takes through all keys in sight, four at a
// time. Registers: 32 products; 16·QUADS sums in the thread's own memory. Shared memory: none. Loads per FLOP: 16 for 64, then 16 for 128.
//! use grid words attention_backward_rows attention_direct attention_direct_slopes

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(flat_group(group, groups) * THREADS + thread);
  let s = place.sequence;
  let rows = rows_of(s, place.head, place.row);
  let queries = query_places(rows);
  let slopes_at = output_slope_places(rows);
  var sums: Sums;
  for (var j = 0u; j < place.keys; j += 4u) {
    let keys = key_places(s, place.head, j);
    let products = query_key_products(queries, keys);
    let gradients = slope_value_products(slopes_at, value_places(s, place.head, j));
    let slopes = transpose(Block(
      slopes_of(products[0], gradients[0], rows[0], s, j).scores,
      slopes_of(products[1], gradients[1], rows[1], s, j).scores,
      slopes_of(products[2], gradients[2], rows[2], s, j).scores,
      slopes_of(products[3], gradients[3], rows[3], s, j).scores,
    ));
    for (var quad = 0u; quad < QUADS; quad++) {
      let c = 4u * quad;
      var sum = sums_of(&sums, quad);
      add_products(&sum, slopes[0], key_elements(keys.at.x, c, keys.position.x));
      add_products(&sum, slopes[1], key_elements(keys.at.y, c, keys.position.y));
      add_products(&sum, slopes[2], key_elements(keys.at.z, c, keys.position.z));
      add_products(&sum, slopes[3], key_elements(keys.at.w, c, keys.position.w));
      keep_sums(&sums, quad, sum);
    }
  }
  let scale = score_scale();
  for (var quad = 0u; quad < QUADS; quad++) {
    let sum = sums_of(&sums, quad) * scale;
    store(rows[0], 4u * quad, sum[0]);
    store(rows[1], 4u * quad, sum[1]);
    store(rows[2], 4u * quad, sum[2]);
    store(rows[3], 4u * quad, sum[3]);
  }
  if (HAS_ROPE) {
    turn_row_back(rows[0], 0u, 1u);
    turn_row_back(rows[1], 0u, 1u);
    turn_row_back(rows[2], 0u, 1u);
    turn_row_back(rows[3], 0u, 1u);
  }
}
