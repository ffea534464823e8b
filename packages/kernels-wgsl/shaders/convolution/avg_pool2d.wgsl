// Mean of windows, a thread per window.
//! use grid average_windows
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  let area = u32(p.out_height * p.out_width);
  if (i >= u32(p.planes) * area) {
    return;
  }
  let output = i32(i % area);
  let top = output / p.out_width * p.stride_y - p.padding_y;
  let left = output % p.out_width * p.stride_x - p.padding_x;
  let x0 = p.x_at + i / area * u32(p.height * p.width);
  let bottom = min(top + p.kernel_height, p.height);
  let right = min(left + p.kernel_width, p.width);
  var sum = 0.0;
  for (var h = max(top, 0); h < bottom; h++) {
    // Rows are summed by themselves: of a large window's elements no sum has them all.
    var row = 0.0;
    for (var v = max(left, 0); v < right; v++) {
      row += x[x0 + u32(h * p.width + v)];
    }
    sum += row;
  }
  y[p.y_at + i] = sum / window_size(top, left);
}
