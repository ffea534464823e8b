// Last pass of Muon's first launch (Jordan 2024; PyTorch's form) on one matrix: what is to be made orthogonal, at a Frobenius norm of 1.
//! use chunks grid muon_momentum step_scalars
@group(0) @binding(2) var<storage, read_write> updates: array<f32>;
@group(0) @binding(4) var<storage, read> scalars: array<f32>;
@group(0) @binding(14) var<storage, read> scratch: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  if (stopped() || i >= p.n) {
    return;
  }
  updates[p.update_at + i] *= scratch[2u * chunks_of(p.n)];
}
