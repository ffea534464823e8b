// The sums of a weight gradient's SPLITS parts: 16 weights a workgroup, whose parts are shared out over 16 threads each and added up in one
// order.
//! use grid convolution
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let weights = u32(p.filters * (p.channels / p.groups) * p.kernel_height * p.kernel_width);
  let i = flat_group(group, groups) * 16u + lane % 16u;
  var sum = 0.0;
  if (i < weights) {
    for (var split = lane / 16u; split < SPLITS; split += 16u) {
      sum += scratch[split * weights + i];
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
  if (lane < 16u && i < weights) {
    y[p.y_at + i] = partial[lane];
  }
}
