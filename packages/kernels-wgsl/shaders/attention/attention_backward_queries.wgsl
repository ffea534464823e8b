// dq = scale · slopes · k, a workgroup a tile of ROWS rows (queries of all heads that a head of k and v serves), which goes through all
// keys in sight (Dao 2023, arXiv:2307.08691, by rows): nobody else adds to its gradients.
// Registers: 32 products, 16·BLOCKS sums. Global memory for 64 rows: 1280 bytes for 24,576 FLOP, 0.05 bytes a FLOP.
//! use grid words attention_backward_rows attention_tile
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
  let rows = rows_of(s, place.head, place.row + 4u * down);
  var sums: Sums;
  for (var j0 = 0u; j0 < place.keys; j0 += 64u) {
    var products = Block();
    for (var c0 = 0u; c0 < head_dim(); c0 += 16u) {
      let c = c0 + across;
      tile_a[across * PITCH + down] = query_quad(rows, c);
      for (var quad = down; quad < 16u; quad += QUADS) {
        tile_b[across * PITCH_B + quad] = key_quad(s, place.head, j0 + 4u * quad, c);
      }
      workgroupBarrier();
      add_steps(&products, across, down);
      workgroupBarrier();
    }
    var gradients = Block();
    for (var c0 = 0u; c0 < value_dim(); c0 += 16u) {
      let c = c0 + across;
      tile_a[across * PITCH + down] = output_slope_quad(rows, c);
      for (var quad = down; quad < 16u; quad += QUADS) {
        tile_b[across * PITCH_B + quad] = value_quad(s, place.head, j0 + 4u * quad, c);
      }
      workgroupBarrier();
      add_steps(&gradients, across, down);
      workgroupBarrier();
    }
    let j = j0 + 4u * across;
    let slopes = transpose(Block(
      slopes_of(products[0], gradients[0], rows[0], s, j).scores,
      slopes_of(products[1], gradients[1], rows[1], s, j).scores,
      slopes_of(products[2], gradients[2], rows[2], s, j).scores,
      slopes_of(products[3], gradients[3], rows[3], s, j).scores,
    ));
    store_weights(slopes, across, down);
    for (var c = 0u; c < 4u; c++) {
      for (var t = down; t < 16u; t += QUADS) {
        let key_j = j0 + 4u * t + c;
        let at = key_at(s, key_j, place.head);
        for (var b = 0u; b < BLOCKS; b++) {
          let x = 64u * b + 4u * across;
          tile_b[(t * BLOCKS + b) * 16u + across] =
            vec4<f32>(key(at, x, key_j), key(at, x + 1u, key_j), key(at, x + 2u, key_j), key(at, x + 3u, key_j));
        }
      }
      workgroupBarrier();
      add_weighted(&sums, c, across, down);
      workgroupBarrier();
    }
  }
  let scale = score_scale();
  for (var b = 0u; b < BLOCKS; b++) {
    let c = 64u * b + 4u * across;
    store(rows[0], c, sums[b][0] * scale);
    store(rows[1], c, sums[b][1] * scale);
    store(rows[2], c, sums[b][2] * scale);
    store(rows[3], c, sums[b][3] * scale);
  }
  if (HAS_ROPE) {
    storageBarrier();
    turn_row_back(rows[0], across, 16u);
    turn_row_back(rows[1], across, 16u);
    turn_row_back(rows[2], across, 16u);
    turn_row_back(rows[3], across, 16u);
  }
}
