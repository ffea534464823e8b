// softmax(scale · q kᵀ + bias) v, ROWS rows against 64 keys at a time, so that no row of weights is ever in memory (Dao et al. 2022,
// arXiv:2205.14135; Milakov and Gimelshein 2018 for the running maximum). Rows are the queries of all heads that a head of k and v serves,
// so that grouped heads read these once. Also keeps ln Σ e^score of every row. A query that may look at nothing gives zeros and lse = +∞.
// Registers: 16 scores, 16·BLOCKS sums, 8 of the rows' state. Global memory for 64 rows: 768 bytes for 16,384 FLOP, 0.05 bytes a FLOP.
//! use grid words attention_forward attention_tile
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
  var tops = vec4<f32>(-3.4028234663852886e38);
  var totals = vec4<f32>(0.0);
  var sums: Sums;
  for (var j0 = 0u; j0 < place.keys; j0 += 64u) {
    var block = Block();
    for (var c0 = 0u; c0 < head_dim(); c0 += 16u) {
      let c = c0 + across;
      tile_a[across * PITCH + down] = query_quad(rows, c);
      for (var quad = down; quad < 16u; quad += QUADS) {
        tile_b[across * PITCH_B + quad] = key_quad(s, place.head, j0 + 4u * quad, c);
      }
      workgroupBarrier();
      add_steps(&block, across, down);
      workgroupBarrier();
    }
    let j = j0 + 4u * across;
    // Four rows to a vector from here on, a vector for each key.
    var w = score_columns(block, rows, s, j);
    tile_a[across * PITCH + down] = max(max(w[0], w[1]), max(w[2], w[3]));
    workgroupBarrier();
    let before = tops;
    for (var t = 0u; t < 16u; t++) {
      tops = max(tops, tile_a[t * PITCH + down]);
    }
    let shrink = exp_of(before - tops);
    for (var b = 0u; b < BLOCKS; b++) {
      sums[b][0] *= shrink.x;
      sums[b][1] *= shrink.y;
      sums[b][2] *= shrink.z;
      sums[b][3] *= shrink.w;
    }
    w = Block(exp_of(w[0] - tops), exp_of(w[1] - tops), exp_of(w[2] - tops), exp_of(w[3] - tops));
    totals = totals * shrink + ((w[0] + w[1]) + (w[2] + w[3]));
    if (HAS_DROPOUT) {
      w = times(w, dropout_columns(rows, j));
    }
    store_weights(w, across, down);
    for (var c = 0u; c < 4u; c++) {
      for (var t = down; t < 16u; t += QUADS) {
        let at = value_at(s, j0 + 4u * t + c, place.head);
        for (var b = 0u; b < BLOCKS; b++) {
          let x = 64u * b + 4u * across;
          tile_b[(t * BLOCKS + b) * 16u + across] = vec4<f32>(value(at, x), value(at, x + 1u), value(at, x + 2u), value(at, x + 3u));
        }
      }
      workgroupBarrier();
      add_weighted(&sums, c, across, down);
      workgroupBarrier();
    }
  }
  tile_a[across * PITCH + down] = totals;
  workgroupBarrier();
  totals = vec4<f32>(0.0);
  for (var t = 0u; t < 16u; t++) {
    totals += tile_a[t * PITCH + down];
  }
  let shares = select(1.0 / totals, vec4<f32>(0.0), totals == vec4<f32>(0.0));
  for (var b = 0u; b < BLOCKS; b++) {
    let c = 64u * b + 4u * across;
    store(rows[0], c, sums[b][0] * shares.x);
    store(rows[1], c, sums[b][1] * shares.y);
    store(rows[2], c, sums[b][2] * shares.z);
    store(rows[3], c, sums[b][3] * shares.w);
  }
  if (across == 0u) {
    store_lse(rows[0], s, tops.x, totals.x);
    store_lse(rows[1], s, tops.y, totals.y);
    store_lse(rows[2], s, tops.z, totals.z);
    store_lse(rows[3], s, tops.w, totals.w);
  }
}
