// Gradient by the bias: dlogits of a chunk of the vocabulary summed over rows, 16 words a workgroup, every sixteenth row a thread, then a
// tree.
//! use grid linear_cross_entropy_backward_params
@group(0) @binding(3) var<storage, read_write> db: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let word = flat_group(group, groups) * 16u + lane % 16u;
  var sum = 0.0;
  if (word < p.width) {
    for (var row = lane / 16u; row < p.rows; row += 16u) {
      sum += scratch[row * p.pitch + word];
    }
  }
  partial[lane] = sum;
  workgroupBarrier();
  for (var half = 128u; half >= 16u; half >>= 1u) {
    if (lane < half) {
      partial[lane] += partial[lane + half];
    }
    workgroupBarrier();
  }
  if (lane < 16u && word < p.width) {
    db[p.db_at + p.first + word] = partial[lane];
  }
}
