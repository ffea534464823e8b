// One piece of a result (concat, flip): elements read and written through strides, one thread an element. Words behind the offsets: elements, offset
// in the output, rank, and per axis (extent, output stride, input stride). Strides may be negative; arithmetic modulo 2^32 has the right sums.
//! use grid words
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= word(2u)) {
    return;
  }
  var to = word(0u) + word(3u);
  var source = word(1u);
  var rest = i;
  for (var axis = i32(word(4u)) - 1; axis >= 0; axis--) {
    let at = 5u + 3u * u32(axis);
    let next = rest / word(at);
    let c = rest - next * word(at);
    rest = next;
    to += c * word(at + 1u);
    source += c * word(at + 2u);
  }
  y[to] = x[source];
}
