// What the pieces of attention_decode.wgsl make together, a workgroup a row: each piece's sums count e^(its maximum − the largest).
//! use grid words attention special exp log
const OWN = 2u;
@group(0) @binding(1) var<storage, read_write> o: array<f32>;
@group(0) @binding(2) var<storage, read_write> lse: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;

fn result(at: u32) -> f32 {
  return bitcast<f32>(scratch[at]);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = flat_group(group, groups);
  if (row >= sequence_count() * scalar(2u) * query_heads()) {
    return;
  }
  let pieces = scalar(35u);
  let stride = value_dim() + 2u;
  let first = free_at() + row * pieces * stride;
  var top = result(first);
  for (var piece = 1u; piece < pieces; piece++) {
    top = max(top, result(first + piece * stride));
  }
  var total = 0.0;
  for (var piece = 0u; piece < pieces; piece++) {
    let at = first + piece * stride;
    total += exp_own(result(at) - top) * result(at + 1u);
  }
  let share = select(1.0 / total, 0.0, total == 0.0);
  for (var c = lane; c < value_dim(); c += 64u) {
    var sum = 0.0;
    for (var piece = 0u; piece < pieces; piece++) {
      let at = first + piece * stride;
      sum += exp_own(result(at) - top) * result(at + 2u + c);
    }
    o[word(0u) + row * value_dim() + c] = sum * share;
  }
  if (lane == 0u) {
    lse[word(1u) + row] = select(top + log_own(total), infinity(), total == 0.0);
  }
}
