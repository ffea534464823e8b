// A tensor set into a larger one filled with a constant, its elements `gap` apart: one thread an element of the output. Words behind the offsets: bytes
// per element, fill value (two words), rows of the output, rank, and per axis (input extent, output extent, input stride, elements before, gap).
//! use grid words
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  let rank = word(6u);
  var size = word(5u);
  if (rank > 0u) {
    size *= word(3u + 5u * rank);
  }
  if (i >= size) {
    return;
  }
  var source = word(1u);
  var inside = true;
  var rest = i;
  for (var axis = i32(rank) - 1; axis >= 0; axis--) {
    let at = 7u + 5u * u32(axis);
    let next = rest / word(at + 1u);
    // Before the first element this wraps round to a number that no extent reaches.
    let c = rest - next * word(at + 1u) - word(at + 3u);
    rest = next;
    let element = c / word(at + 4u);
    inside = inside && element * word(at + 4u) == c && element < word(at);
    source += element * word(at + 2u);
  }
  var value = word(3u);
  if (inside) {
    value = x[source];
  }
  y[word(0u) + i] = value;
}
