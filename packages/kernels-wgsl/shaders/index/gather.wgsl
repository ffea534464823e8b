// One element per index along one axis, one thread each. Words behind the offsets: bytes per element, elements, extent and stride of x along the axis,
// rank, and per axis of the output (extent, stride of x or 0 on the axis, stride of the indices). An index out of range gives zero.
//! use grid words
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= word(4u)) {
    return;
  }
  var source = word(1u);
  var place = word(2u);
  var rest = i;
  for (var axis = i32(word(7u)) - 1; axis >= 0; axis--) {
    let at = 8u + 3u * u32(axis);
    let next = rest / word(at);
    let c = rest - next * word(at);
    rest = next;
    source += c * word(at + 1u);
    place += c * word(at + 2u);
  }
  // As an unsigned number a negative index is beyond any extent.
  let index = indices[place];
  var value = 0u;
  if (index < word(5u)) {
    value = x[source + index * word(6u)];
  } else {
    fault[0] = 1u;
  }
  y[word(0u) + i] = value;
}
