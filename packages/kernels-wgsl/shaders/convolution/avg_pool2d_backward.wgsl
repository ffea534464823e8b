// Gradient of average pooling: a thread per element gathers its share of every window that it lies in, so that nothing is added to twice.
//! use grid average_windows
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  let area = u32(p.height * p.width);
  if (i >= u32(p.planes) * area) {
    return;
  }
  // Windows begin at or before the element, and end behind it.
  let h = i32(i % area) / p.width + p.padding_y;
  let v = i32(i % area) % p.width + p.padding_x;
  let r0 = max(0, h - p.kernel_height + p.stride_y) / p.stride_y;
  let q0 = max(0, v - p.kernel_width + p.stride_x) / p.stride_x;
  let r1 = min(p.out_height - 1, h / p.stride_y);
  let q1 = min(p.out_width - 1, v / p.stride_x);
  let dy0 = p.x_at + i / area * u32(p.out_height * p.out_width);
  var sum = 0.0;
  for (var r = r0; r <= r1; r++) {
    for (var q = q0; q <= q1; q++) {
      let size = window_size(r * p.stride_y - p.padding_y, q * p.stride_x - p.padding_x);
      sum += dy[dy0 + u32(r * p.out_width + q)] / size;
    }
  }
  y[p.y_at + i] = sum;
}
