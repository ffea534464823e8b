// Attention of a few queries to many keys, as in decoding from a cache: a workgroup has a piece of 256 keys for up to 4·QUADS rows (queries
// of all heads that a head of k and v serves), and leaves maximum, sum and weighted values of each row for attention_merge.wgsl (Dao et al.
// 2023, "Flash-Decoding").
// Bound by memory: keys and values are read once for four or eight rows. Registers: 16·QUADS scores. Shared memory: QUADS (DIMS + 64) +
// 1040 quads, 26 KiB at most; a thread's step of four keys reads 16·(1 + QUADS) bytes for 32·QUADS FLOP.
// Constants: QUADS (1 or 2), DIMS (what a head has at most) and those of lib/attention_scores.wgsl.
//! use grid words attention_scores
const OWN = 2u;
@group(0) @binding(3) var<storage, read> q: array<f32>;
@group(0) @binding(4) var<storage, read> k: array<f32>;
@group(0) @binding(5) var<storage, read> v: array<f32>;
@group(0) @binding(9) var<storage, read> bias: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;

const SPAN = 256u;
const PITCH = 65u;

// [element][row quad]
var<workgroup> queries: array<vec4<f32>, DIMS * QUADS>;
// Keys, [step of 16][key quad], one quad more than needed to keep banks apart; then weights, [key][row quad].
var<workgroup> tile: array<vec4<f32>, 16 * PITCH>;
var<workgroup> partial: array<vec4<f32>, 64 * QUADS>;

struct Place {
  sequence: Sequence,
  head: u32,
  row: u32,
  // First key of the piece, and how many there are
  key: u32,
  keys: u32,
}
var<workgroup> shared_place: Place;

fn place_of(flat: u32) -> Place {
  let blocks = (scalar(2u) * group_size() + 4u * QUADS - 1u) / (4u * QUADS);
  let pieces = scalar(35u);
  let item = flat / pieces / blocks;
  if (item / key_heads() >= sequence_count()) {
    return Place();
  }
  let s = sequence_of(item / key_heads());
  let first = flat % pieces * SPAN;
  return Place(s, item % key_heads(), flat / pieces % blocks * 4u * QUADS, first, min(max(s.k_length, first) - first, SPAN));
}

fn rows_at(place: Place, quad: u32) -> Rows {
  return rows_of(place.sequence, place.head, place.row + 4u * quad);
}

// A row's result of this piece: maximum, sum, weighted values.
fn store_row(place: Place, row: Row, i: u32, value: f32) {
  if (row.q != NOWHERE) {
    scratch[free_at() + (row.dense * scalar(35u) + place.key / SPAN) * (value_dim() + 2u) + i] = bitcast<u32>(value);
  }
}

fn store(place: Place, quad: u32, i: u32, values: vec4<f32>) {
  let rows = rows_at(place, quad);
  store_row(place, rows[0], i, values.x);
  store_row(place, rows[1], i, values.y);
  store_row(place, rows[2], i, values.z);
  store_row(place, rows[3], i, values.w);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) {
    shared_place = place_of(flat_group(group, groups));
  }
  let place = workgroupUniformLoad(&shared_place);
  let s = place.sequence;
  for (var i = lane; i < head_dim() * QUADS; i += 64u) {
    let c = i % head_dim();
    let quad = i / head_dim();
    queries[c * QUADS + quad] = query_quad(rows_at(place, quad), c);
  }
  // blocks[quad][r] has the row's products with the thread's four keys.
  var blocks: array<mat4x4<f32>, QUADS>;
  for (var c0 = 0u; c0 < head_dim(); c0 += 16u) {
    for (var i = lane; i < 1024u; i += 64u) {
      let j = place.key + i / 16u * 4u;
      let c = c0 + i % 16u;
      if (j < place.key + place.keys) {
        tile[i % 16u * PITCH + i / 16u] = key_quad(s, place.head, j, c);
      }
    }
    workgroupBarrier();
    for (var step = 0u; step < min(16u, head_dim() - c0); step++) {
      let x = tile[step * PITCH + lane];
      for (var quad = 0u; quad < QUADS; quad++) {
        let a = queries[(c0 + step) * QUADS + quad];
        blocks[quad][0] += a.x * x;
        blocks[quad][1] += a.y * x;
        blocks[quad][2] += a.z * x;
        blocks[quad][3] += a.w * x;
      }
    }
    workgroupBarrier();
  }
  let j = place.key + 4u * lane;
  for (var quad = 0u; quad < QUADS; quad++) {
    // Four rows to a vector from here on, a vector for each key.
    blocks[quad] = score_columns(blocks[quad], rows_at(place, quad), s, j);
    let b = blocks[quad];
    partial[lane * QUADS + quad] = max(max(b[0], b[1]), max(b[2], b[3]));
  }
  workgroupBarrier();
  for (var half = 32u * QUADS; half >= QUADS; half >>= 1u) {
    for (var i = lane; i < half; i += 64u) {
      partial[i] = max(partial[i], partial[i + half]);
    }
    workgroupBarrier();
  }
  var tops: array<vec4<f32>, QUADS>;
  for (var quad = 0u; quad < QUADS; quad++) {
    // A row may be without any key, whose score is −∞; from a finite maximum there is a difference.
    tops[quad] = max(partial[quad], vec4<f32>(-3.4028234663852886e38));
  }
  workgroupBarrier();
  for (var quad = 0u; quad < QUADS; quad++) {
    let top = tops[quad];
    var w = blocks[quad];
    w = mat4x4<f32>(exp_of(w[0] - top), exp_of(w[1] - top), exp_of(w[2] - top), exp_of(w[3] - top));
    partial[lane * QUADS + quad] = (w[0] + w[1]) + (w[2] + w[3]);
    if (HAS_DROPOUT) {
      w = times(w, dropout_columns(rows_at(place, quad), j));
    }
    tile[4u * lane * QUADS + quad] = w[0];
    tile[(4u * lane + 1u) * QUADS + quad] = w[1];
    tile[(4u * lane + 2u) * QUADS + quad] = w[2];
    tile[(4u * lane + 3u) * QUADS + quad] = w[3];
  }
  workgroupBarrier();
  for (var half = 32u * QUADS; half >= QUADS; half >>= 1u) {
    for (var i = lane; i < half; i += 64u) {
      partial[i] += partial[i + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    for (var quad = 0u; quad < QUADS; quad++) {
      store(place, quad, 0u, tops[quad]);
      store(place, quad, 1u, partial[quad]);
    }
  }
  for (var c = lane; c < value_dim(); c += 64u) {
    var sums = array<vec4<f32>, QUADS>();
    for (var i = 0u; i < place.keys; i += 4u) {
      // Weights behind the last key are 0.
      let last = place.key + place.keys - 1u;
      let x0 = v[value_at(s, min(place.key + i, last), place.head) + c];
      let x1 = v[value_at(s, min(place.key + i + 1u, last), place.head) + c];
      let x2 = v[value_at(s, min(place.key + i + 2u, last), place.head) + c];
      let x3 = v[value_at(s, min(place.key + i + 3u, last), place.head) + c];
      for (var quad = 0u; quad < QUADS; quad++) {
        let w = i * QUADS + quad;
        sums[quad] += tile[w] * x0;
        sums[quad] += tile[w + QUADS] * x1;
        sums[quad] += tile[w + 2u * QUADS] * x2;
        sums[quad] += tile[w + 3u * QUADS] * x3;
      }
    }
    for (var quad = 0u; quad < QUADS; quad++) {
      store(place, quad, 2u + c, sums[quad]);
    }
  }
}
