// Logits of a chunk of the vocabulary computed again, and dlogits = dp · softmax − dy · target of them in the scratch storage, for the
// passes that follow.
// Registers: 32 sums. Shared memory: 8.5 KiB. Global memory: 512 bytes for 8192 FLOP, 0.06 bytes a FLOP, less what caches hold.
//! use grid special exp linear_cross_entropy_backward_params linear_logits
@group(0) @binding(5) var<storage, read> x: array<f32>;
@group(0) @binding(6) var<storage, read> w: array<f32>;
@group(0) @binding(7) var<storage, read> labels: array<i32>;
@group(0) @binding(8) var<storage, read> lse: array<f32>;
@group(0) @binding(9) var<storage, read> dp: array<f32>;
@group(0) @binding(10) var<storage, read> dy: array<f32>;
@group(0) @binding(11) var<storage, read> bias: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

fn finish(at: u32, value: f32) {
  scratch[at] = value;
}

fn slopes(logits: vec4<f32>, words: vec4<u32>, index: u32) -> vec4<f32> {
  let row = min(index, p.rows - 1u);
  let label = labels[p.labels_at + row];
  let whole = lse[p.lse_at + row];
  let weight = dp[p.dp_at + row];
  let is_ignored = label == p.ignored;
  if (is_ignored && weight == 0.0) {
    return vec4<f32>(0.0);
  }
  if (!is_ignored && u32(label) >= p.words) {
    return vec4<f32>(not_a_number());
  }
  let target_weight = select(dy[p.dy_at + row], 0.0, is_ignored);
  let share = target_weight * p.smoothing / f32(p.words);
  let differences = logits - whole;
  let softmax = vec4<f32>(exp_own(differences.x), exp_own(differences.y), exp_own(differences.z), exp_own(differences.w));
  let chosen = select(0.0, target_weight * ((1.0 - p.smoothing) - p.smoothing_rest), !is_ignored);
  return softmax * weight - select(vec4<f32>(0.0), vec4<f32>(chosen), words == vec4<u32>(u32(label))) - share;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles = (p.width + TILE_N - 1u) / TILE_N;
  let flat = flat_group(group, groups);
  let row0 = flat / tiles * TILE_M;
  let word0 = p.first + flat % tiles * TILE_N;
  var sums = Sums();
  add_logits(&sums, row0, word0, lane);
  let word = word0 + lane % THREADS_N;
  let words = vec4<u32>(word, word + THREADS_N, word + 2u * THREADS_N, word + 3u * THREADS_N);
  let row = row0 + lane / THREADS_N * 8u;
  let b = biases(words);
  sums[0] = slopes(sums[0] + b, words, row);
  sums[1] = slopes(sums[1] + b, words, row + 1u);
  sums[2] = slopes(sums[2] + b, words, row + 2u);
  sums[3] = slopes(sums[3] + b, words, row + 3u);
  sums[4] = slopes(sums[4] + b, words, row + 4u);
  sums[5] = slopes(sums[5] + b, words, row + 5u);
  sums[6] = slopes(sums[6] + b, words, row + 6u);
  sums[7] = slopes(sums[7] + b, words, row + 7u);
  let to = select(vec4<u32>(NOWHERE), words - p.first, words < vec4<u32>(p.first + p.width));
  finish_sums(&sums, row, p.rows, to, p.pitch);
}
