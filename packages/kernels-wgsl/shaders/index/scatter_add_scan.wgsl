// Values added along one axis at the places that indices name, for few indices (at most 64 along the axis): a thread owns an element of the output and
// looks through all indices of its line, in order. Words behind the offsets: extent of x and of the indices along the axis, strides along it (output, indices,
// values), number of other axes, and for each (extent of x, extent of the indices, strides of output, indices, values).
//! use grid words scatter_line
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(4) var<storage, read> values: array<f32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let element = scatter_element(flat_group(group, groups) * 64u + lane);
  if (element.x >= line_count()) {
    return;
  }
  let line = line_at(element.x);
  let at = line.output + element.y * word(6u);
  var sum = x[word(1u) + at];
  if (line.inside) {
    for (var k = 0u; k < word(5u); k++) {
      let index = indices[word(2u) + line.indices + k * word(7u)];
      if (index == element.y) {
        sum += values[word(3u) + line.values + k * word(8u)];
      } else if (index >= word(4u)) {
        fault[0] = 1u;
      }
    }
  }
  y[word(0u) + at] = sum;
}
