// Gradients of layerNorm by its input and, as sums over chunks of rows, by weight and bias.
//! use grid row_norm_backward
const CENTRED = 1;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  row_norm_backward(flat_group(group, groups), thread);
}
