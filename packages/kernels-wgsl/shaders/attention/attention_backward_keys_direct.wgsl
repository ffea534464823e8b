// dk = scale · slopesᵀ · q and dv = weightsᵀ · dy for devices whose threads run one after another: a thread has four keys of a head of k and v, which it
// takes through all rows (queries of all heads that it serves, in order) that look at them, four at a time.
// Registers: 32 products; 32·QUADS sums in the thread's own memory. Shared memory: none. Loads per FLOP: 16 for 64, then 32 for 256.
//! use grid words attention_backward_columns attention_direct attention_direct_slopes
const ROWS_AT_A_TIME = 4u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of(flat_group(group, groups) * THREADS + thread);
  let s = place.sequence;
  let j = place.key;
  let keys = key_places(s, place.head, j);
  let values_at = value_places(s, place.head, j);
  var key_sums: Sums;
  var value_sums: Sums;
  for (var row = place.row; row < place.rows; row += ROWS_AT_A_TIME) {
    let rows = rows_of(s, place.head, row);
    let queries = query_places(rows);
    let slopes_at = output_slope_places(rows);
    let products = query_key_products(queries, keys);
    let gradients = slope_value_products(slopes_at, values_at);
    let slopes0 = slopes_of(products[0], gradients[0], rows[0], s, j);
    let slopes1 = slopes_of(products[1], gradients[1], rows[1], s, j);
    let slopes2 = slopes_of(products[2], gradients[2], rows[2], s, j);
    let slopes3 = slopes_of(products[3], gradients[3], rows[3], s, j);
    let by_weights = Block(slopes0.weights, slopes1.weights, slopes2.weights, slopes3.weights);
    let by_scores = Block(slopes0.scores, slopes1.scores, slopes2.scores, slopes3.scores);
    for (var quad = 0u; quad < QUADS; quad++) {
      let c = 4u * quad;
      var value_sum = sums_of(&value_sums, quad);
      add_products(&value_sum, by_weights[0], output_slope_elements(slopes_at.x, c));
      add_products(&value_sum, by_weights[1], output_slope_elements(slopes_at.y, c));
      add_products(&value_sum, by_weights[2], output_slope_elements(slopes_at.z, c));
      add_products(&value_sum, by_weights[3], output_slope_elements(slopes_at.w, c));
      keep_sums(&value_sums, quad, value_sum);
      var key_sum = sums_of(&key_sums, quad);
      add_products(&key_sum, by_scores[0], query_elements(queries.at.x, c, queries.position.x));
      add_products(&key_sum, by_scores[1], query_elements(queries.at.y, c, queries.position.y));
      add_products(&key_sum, by_scores[2], query_elements(queries.at.z, c, queries.position.z));
      add_products(&key_sum, by_scores[3], query_elements(queries.at.w, c, queries.position.w));
      keep_sums(&key_sums, quad, key_sum);
    }
  }
  let scale = score_scale();
  for (var quad = 0u; quad < QUADS; quad++) {
    let key_sum = sums_of(&key_sums, quad);
    let value_sum = sums_of(&value_sums, quad);
    for (var i = 0u; i < 4u; i++) {
      store_dk(place, j + i, 4u * quad, key_sum[i] * scale);
      store_dv(place, j + i, 4u * quad, value_sum[i]);
    }
  }
  if (HAS_ROPE) {
    for (var i = 0u; i < 4u; i++) {
      turn_key_back(place, j + i, 0u, 1u);
    }
  }
}
