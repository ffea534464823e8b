// Transforms of rows that fit in shared memory, as many whole ones as that takes a workgroup: read once, written once.
//! use grid fft_tile fft_ends
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let h = row_length();
  let length = staged_length();
  let columns = TILE / length;
  let first = flat_group(group, groups) * columns;
  for (var i = lane; i < columns * length; i += 256u) {
    let c = i / length;
    var value = vec2<f32>(0.0);
    if (first + c < p.rows) {
      value = given(first + c, i - c * length);
    }
    tile[i] = value;
  }
  var half = transform_tile(lane, length, columns, 1u, 1u, 0u);
  if (p.convolution > 0u) {
    for (var i = lane; i < columns * length; i += 256u) {
      tile[half + i] = filtered(i % length, tile[half + i]);
    }
    half = transform_tile(lane, length, columns, 1u, 1u, half);
  }
  let outputs = output_length();
  for (var i = lane; i < columns * outputs; i += 256u) {
    let c = i / outputs;
    let k = i - c * outputs;
    if (first + c < p.rows) {
      let lesser = select(k, min(k, h - k), KIND == 1u && is_paired());
      let greater = select(h - lesser, 0u, lesser == 0u);
      let base = half + c * length;
      deliver(first + c, k, ended(lesser, tile[base + lesser]), ended(greater, tile[base + greater]));
    }
  }
}
