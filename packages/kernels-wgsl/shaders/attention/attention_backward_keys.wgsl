// dk = scale · slopesᵀ · q and dv = weightsᵀ · dy, a workgroup a tile of ROWS keys of a head of k and v, which goes through all rows
// (queries of all heads that it serves, in order) that look at them (Dao 2023, arXiv:2307.08691, algorithm 2): nobody else adds to its
// gradients.
// Registers: 32 products, 32·BLOCKS sums. Global memory for 64 keys: 1536 bytes for 32,768 FLOP, 0.05 bytes a FLOP.
//! use grid words attention_backward_columns attention_tile
const ROWS_AT_A_TIME = 64u;
var<workgroup> shared_place: Place;

@compute @workgroup_size(16, QUADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let across = local.x;
  let down = local.y;
  if (across + down == 0u) {
    shared_place = place_of(flat_group(group, groups));
  }
  let place = workgroupUniformLoad(&shared_place);
  let s = place.sequence;
  let head = place.head;
  let j = place.key + 4u * down;
  var key_sums: Sums;
  var value_sums: Sums;
  for (var row = place.row; row < place.rows; row += 64u) {
    var products = Block();
    for (var c0 = 0u; c0 < head_dim(); c0 += 16u) {
      let c = c0 + across;
      tile_a[across * PITCH + down] = key_quad(s, head, j, c);
      for (var quad = down; quad < 16u; quad += QUADS) {
        tile_b[across * PITCH_B + quad] = query_quad(rows_of(s, head, row + 4u * quad), c);
      }
      workgroupBarrier();
      add_steps(&products, across, down);
      workgroupBarrier();
    }
    var gradients = Block();
    for (var c0 = 0u; c0 < value_dim(); c0 += 16u) {
      let c = c0 + across;
      tile_a[across * PITCH + down] = value_quad(s, head, j, c);
      for (var quad = down; quad < 16u; quad += QUADS) {
        tile_b[across * PITCH_B + quad] = output_slope_quad(rows_of(s, head, row + 4u * quad), c);
      }
      workgroupBarrier();
      add_steps(&gradients, across, down);
      workgroupBarrier();
    }
    let rows = rows_of(s, head, row + 4u * across);
    products = transpose(products);
    gradients = transpose(gradients);
    let slopes0 = slopes_of(products[0], gradients[0], rows[0], s, j);
    let slopes1 = slopes_of(products[1], gradients[1], rows[1], s, j);
    let slopes2 = slopes_of(products[2], gradients[2], rows[2], s, j);
    let slopes3 = slopes_of(products[3], gradients[3], rows[3], s, j);
    store_weights(Block(slopes0.weights, slopes1.weights, slopes2.weights, slopes3.weights), across, down);
    for (var c = 0u; c < 4u; c++) {
      for (var t = down; t < 16u; t += QUADS) {
        let one = grouped_row(s, head, row + 4u * t + c);
        for (var b = 0u; b < BLOCKS; b++) {
          let x = 64u * b + 4u * across;
          tile_b[(t * BLOCKS + b) * 16u + across] =
            vec4<f32>(output_slope(one, x), output_slope(one, x + 1u), output_slope(one, x + 2u), output_slope(one, x + 3u));
        }
      }
      workgroupBarrier();
      add_weighted(&value_sums, c, across, down);
      workgroupBarrier();
    }
    store_weights(Block(slopes0.scores, slopes1.scores, slopes2.scores, slopes3.scores), across, down);
    for (var c = 0u; c < 4u; c++) {
      for (var t = down; t < 16u; t += QUADS) {
        let one = grouped_row(s, head, row + 4u * t + c);
        for (var b = 0u; b < BLOCKS; b++) {
          let x = 64u * b + 4u * across;
          tile_b[(t * BLOCKS + b) * 16u + across] = vec4<f32>(
            query(one.q, x, one.position),
            query(one.q, x + 1u, one.position),
            query(one.q, x + 2u, one.position),
            query(one.q, x + 3u, one.position),
          );
        }
      }
      workgroupBarrier();
      add_weighted(&key_sums, c, across, down);
      workgroupBarrier();
    }
  }
  let scale = score_scale();
  for (var b = 0u; b < BLOCKS; b++) {
    let c = 64u * b + 4u * across;
    store_dk(place, j, c, key_sums[b][0] * scale);
    store_dk(place, j + 1u, c, key_sums[b][1] * scale);
    store_dk(place, j + 2u, c, key_sums[b][2] * scale);
    store_dk(place, j + 3u, c, key_sums[b][3] * scale);
    store_dv(place, j, c, value_sums[b][0]);
    store_dv(place, j + 1u, c, value_sums[b][1]);
    store_dv(place, j + 2u, c, value_sums[b][2]);
    store_dv(place, j + 3u, c, value_sums[b][3]);
  }
  if (HAS_ROPE) {
    storageBarrier();
    turn_key_back(place, j, across, 16u);
    turn_key_back(place, j + 1u, across, 16u);
    turn_key_back(place, j + 2u, across, 16u);
    turn_key_back(place, j + 3u, across, 16u);
  }
}
