// Cross-entropy of logits x Wᵀ + b that never exist whole: a workgroup goes with 64 rows through the tiles of its part of the vocabulary,
// 64 words at a time, each thread keeps the state of its own words, and what a part has of each row goes to
// linear_cross_entropy_merge.wgsl.
// Registers: 32 sums, 32 of the rows' states. Shared memory: 11 KiB. Global memory: 512 bytes for 8192 FLOP, 0.06 bytes a FLOP, less what
// caches hold.
//! use grid special linear_cross_entropy_params linear_logits logit_state
@group(0) @binding(4) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read> w: array<f32>;
@group(0) @binding(6) var<storage, read> labels: array<i32>;
@group(0) @binding(7) var<storage, read> bias: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<vec4<f32>>;

var<workgroup> tile_labels: array<u32, TILE_M>;
var<workgroup> states: array<State, THREADS>;

// The state after four more logits, of which those beyond the vocabulary do not count.
fn taken(state: State, logits: vec4<f32>, words: vec4<u32>, label: u32) -> State {
  let exist = words < vec4<u32>(p.words);
  let seen = select(vec4<f32>(-infinity()), logits, exist);
  let top = max(state.x, max(max(seen.x, seen.y), max(seen.z, seen.w)));
  let ones = vec4<f32>(1.0);
  let e = vec4<f32>(exp_own(seen.x - top), exp_own(seen.y - top), exp_own(seen.z - top), exp_own(seen.w - top));
  return State(
    top,
    state.y * exp_own(state.x - top) + dot(e, ones),
    state.z + dot(select(vec4<f32>(0.0), logits, words == vec4<u32>(label)), ones),
    state.w + dot(select(vec4<f32>(0.0), logits, exist), ones),
  );
}

// Joins the states of the threads that share a row, in a tree; the first of them has the whole.
fn store_row(own: State, row: u32, part: u32, lane: u32) {
  states[lane] = own;
  workgroupBarrier();
  for (var half = THREADS_N / 2u; half > 0u; half >>= 1u) {
    if (lane % THREADS_N < half) {
      states[lane] = joined(states[lane], states[lane + half]);
    }
    workgroupBarrier();
  }
  if (lane % THREADS_N == 0u && row < p.rows && part < p.parts) {
    scratch[part * p.rows + row] = states[lane];
  }
}

// register_tile's, for what goes to storage; nothing does.
fn finish(at: u32, value: f32) {
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  // Groups of one part of the vocabulary are neighbours, so that a cache holds the word vectors they share.
  let tiles = max((p.rows + TILE_M - 1u) / TILE_M, 1u);
  let flat = flat_group(group, groups);
  let part = flat / tiles;
  let row0 = flat % tiles * TILE_M;
  if (lane < TILE_M) {
    tile_labels[lane] = u32(labels[p.labels_at + min(row0 + lane, p.rows - 1u)]);
  }
  let r = lane / THREADS_N * 8u;
  var kept: array<State, 8>;
  kept[0] = no_logits();
  kept[1] = no_logits();
  kept[2] = no_logits();
  kept[3] = no_logits();
  kept[4] = no_logits();
  kept[5] = no_logits();
  kept[6] = no_logits();
  kept[7] = no_logits();
  let end = min((part + 1u) * p.part_tiles * TILE_N, p.words);
  for (var word0 = part * p.part_tiles * TILE_N; word0 < end; word0 += TILE_N) {
    var sums = Sums();
    add_logits(&sums, row0, word0, lane);
    let word = word0 + lane % THREADS_N;
    let words = vec4<u32>(word, word + THREADS_N, word + 2u * THREADS_N, word + 3u * THREADS_N);
    let b = biases(words);
    kept[0] = taken(kept[0], sums[0] + b, words, tile_labels[r]);
    kept[1] = taken(kept[1], sums[1] + b, words, tile_labels[r + 1u]);
    kept[2] = taken(kept[2], sums[2] + b, words, tile_labels[r + 2u]);
    kept[3] = taken(kept[3], sums[3] + b, words, tile_labels[r + 3u]);
    kept[4] = taken(kept[4], sums[4] + b, words, tile_labels[r + 4u]);
    kept[5] = taken(kept[5], sums[5] + b, words, tile_labels[r + 5u]);
    kept[6] = taken(kept[6], sums[6] + b, words, tile_labels[r + 6u]);
    kept[7] = taken(kept[7], sums[7] + b, words, tile_labels[r + 7u]);
  }
  store_row(kept[0], row0 + r, part, lane);
  store_row(kept[1], row0 + r + 1u, part, lane);
  store_row(kept[2], row0 + r + 2u, part, lane);
  store_row(kept[3], row0 + r + 3u, part, lane);
  store_row(kept[4], row0 + r + 4u, part, lane);
  store_row(kept[5], row0 + r + 5u, part, lane);
  store_row(kept[6], row0 + r + 6u, part, lane);
  store_row(kept[7], row0 + r + 7u, part, lane);
}
