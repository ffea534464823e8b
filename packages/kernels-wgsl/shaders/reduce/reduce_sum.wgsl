// Sum over axes: a workgroup of 64 threads an output. Each thread adds every 64th element, then a tree: the order of additions depends on the shape alone.
//! use grid words reduce_layout
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

var<workgroup> partial: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups);
  let kept = word(2u);
  let reduced = word(3u);
  let kept_list = 4u;
  let reduced_list = 5u + 2u * word(4u);
  let base = word(1u) + strided_offset(kept_list, min(i, max(kept, 1u) - 1u));
  var sum = 0.0;
  for (var j = lane; j < reduced; j += 64u) {
    sum += x[base + strided_offset(reduced_list, j)];
  }
  partial[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) {
      partial[lane] += partial[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u && i < kept) {
    y[word(0u) + i] = partial[0];
  }
}
