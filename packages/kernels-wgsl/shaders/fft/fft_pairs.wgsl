// The result of real rows of even length, too long for shared memory, from the transform of their pairs in half `half` of the scratch
// storage: a thread a number.
//! use grid fft_tile fft_ends
@group(0) @binding(13) var<storage, read_write> scratch: array<vec2<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  let outputs = output_length();
  let row = i / outputs;
  if (row >= p.rows) {
    return;
  }
  let k = i - row * outputs;
  let h = row_length();
  let lesser = min(k, h - k);
  let greater = select(h - lesser, 0u, lesser == 0u);
  let base = p.half * (arrayLength(&scratch) / 2u) + row * staged_length();
  deliver(row, k, ended(lesser, scratch[base + lesser]), ended(greater, scratch[base + greater]));
}
