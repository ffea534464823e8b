enable subgroups;
// What keys a subgroup has depends on its place alone, which WGSL does not see.
diagnostic(off, subgroup_uniformity);
// softmax(scale · q kᵀ + bias) v for devices whose threads run one after another, four by four: a thread has four rows (queries of all heads that a head of k
// and v serves), which it takes through all keys in sight, eight at a time, with the maximum so far (Milakov and Gimelshein 2018, arXiv:1805.02867). The four
// threads of a subgroup have sixteen rows of one head: each reads a quarter of the keys' and values' numbers and hears the others'.
// Registers: 32 products, 8 of the rows' state; 16·QUADS sums in the thread's own memory. Shared memory: none. Loads per FLOP: 6 for 64, then 8 for 256.
// Two elements of a head a turn: 4 × 256 × 8 × 64 take 194 ms on SwiftShader with two, 245 with one, 320 without subgroups, 1100 with tiles.
//! use grid words attention_forward attention_direct

// Number `lane` of a thread's quad, from that thread.
fn heard(mine: f32) -> vec4<f32> {
  return vec4<f32>(subgroupBroadcast(mine, 0u), subgroupBroadcast(mine, 1u), subgroupBroadcast(mine, 2u), subgroupBroadcast(mine, 3u));
}

fn add_two(block: ptr<function, Block>, a: vec4<f32>, b: vec4<f32>, next_a: vec4<f32>, next_b: vec4<f32>) {
  (*block)[0] += a.x * b + next_a.x * next_b;
  (*block)[1] += a.y * b + next_a.y * next_b;
  (*block)[2] += a.z * b + next_a.z * next_b;
  (*block)[3] += a.w * b + next_a.w * next_b;
}

struct OwnKey {
  at: u32,
  position: u32,
}

fn own_key(places: Places, lane: u32) -> OwnKey {
  return OwnKey(places.at[lane], places.position[lane]);
}

fn own_key_at(own: OwnKey, c: u32) -> f32 {
  if (!HAS_ROPE) {
    return k[own.at + c];
  }
  return key(own.at, c, own.position);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let place = place_of(flat_group(group, groups) * (THREADS / 4u) + thread / 4u);
  let s = place.sequence;
  let rows = rows_of(s, place.head, place.row + 4u * lane);
  let queries = query_places(rows);
  var tops = vec4<f32>(-3.4028234663852886e38);
  var totals = vec4<f32>(0.0);
  var sums: Sums;
  for (var j = 0u; j < place.keys; j += 8u) {
    let key_at = own_key(key_places(s, place.head, j), lane);
    let next_key_at = own_key(key_places(s, place.head, j + 4u), lane);
    var products = Block();
    var next_products = Block();
    let dim = head_dim();
    var c = 0u;
    for (; c + 1u < dim; c += 2u) {
      let a = queries_at(queries, c);
      let next_a = queries_at(queries, c + 1u);
      add_two(&products, a, heard(own_key_at(key_at, c)), next_a, heard(own_key_at(key_at, c + 1u)));
      add_two(&next_products, a, heard(own_key_at(next_key_at, c)), next_a, heard(own_key_at(next_key_at, c + 1u)));
    }
    if (c < dim) {
      let a = queries_at(queries, c);
      add_products(&products, a, heard(own_key_at(key_at, c)));
      add_products(&next_products, a, heard(own_key_at(next_key_at, c)));
    }
    // Four rows to a vector from here on, a vector for each key.
    var w = score_columns(products, rows, s, j);
    var next = score_columns(next_products, rows, s, j + 4u);
    let before = tops;
    tops = max(tops, max(max(max(w[0], w[1]), max(w[2], w[3])), max(max(next[0], next[1]), max(next[2], next[3]))));
    let shrink = exp_of(before - tops);
    w = Block(exp_of(w[0] - tops), exp_of(w[1] - tops), exp_of(w[2] - tops), exp_of(w[3] - tops));
    next = Block(exp_of(next[0] - tops), exp_of(next[1] - tops), exp_of(next[2] - tops), exp_of(next[3] - tops));
    totals = totals * shrink + (((w[0] + w[1]) + (w[2] + w[3])) + ((next[0] + next[1]) + (next[2] + next[3])));
    if (HAS_DROPOUT) {
      w = times(w, dropout_columns(rows, j));
      next = times(next, dropout_columns(rows, j + 4u));
    }
    let at = value_places(s, place.head, j);
    let next_at = value_places(s, place.head, j + 4u);
    for (var quad = 0u; quad < QUADS; quad++) {
      let c = min(4u * quad + lane, max(value_dim(), 1u) - 1u);
      var sum = sums_of(&sums, quad);
      sum = Block(sum[0] * shrink.x, sum[1] * shrink.y, sum[2] * shrink.z, sum[3] * shrink.w);
      add_two(&sum, w[0], heard(v[at.x + c]), w[1], heard(v[at.y + c]));
      add_two(&sum, w[2], heard(v[at.z + c]), w[3], heard(v[at.w + c]));
      add_two(&sum, next[0], heard(v[next_at.x + c]), next[1], heard(v[next_at.y + c]));
      add_two(&sum, next[2], heard(v[next_at.z + c]), next[3], heard(v[next_at.w + c]));
      keep_sums(&sums, quad, sum);
    }
  }
  let shares = select(1.0 / totals, vec4<f32>(0.0), totals == vec4<f32>(0.0));
  for (var quad = 0u; quad < QUADS; quad++) {
    let sum = sums_of(&sums, quad);
    store(rows[0], 4u * quad, sum[0] * shares.x);
    store(rows[1], 4u * quad, sum[1] * shares.y);
    store(rows[2], 4u * quad, sum[2] * shares.z);
    store(rows[3], 4u * quad, sum[3] * shares.w);
  }
  store_lse(rows[0], s, tops.x, totals.x);
  store_lse(rows[1], s, tops.y, totals.y);
  store_lse(rows[2], s, tops.z, totals.z);
  store_lse(rows[3], s, tops.w, totals.w);
}
