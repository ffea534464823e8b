// Gradient of a depthwise convolution by its image: a thread per element gathers what its taps made of it, so that nothing is added to
// twice.
//! use grid convolution window_taps
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  let planes = u32(p.images * p.channels);
  let area = u32(p.height * p.width);
  if (i >= planes * area) {
    return;
  }
  let plane = i / area;
  let at = i32(i % area);
  let down = taps_on(at / p.width + p.padding_y, p.stride_y, p.dilation_y, p.kernel_height);
  let across = taps_on(at % p.width + p.padding_x, p.stride_x, p.dilation_x, p.kernel_width);
  let dy0 = p.a_at + plane * u32(p.out_height * p.out_width);
  let w0 = p.b_at + plane % u32(p.channels) * u32(p.kernel_height * p.kernel_width);
  var sum = 0.0;
  for (var row = 0; row < down.count; row++) {
    let r = down.origin - row * down.back;
    let tap_row = (down.first + row * down.step) * p.kernel_width;
    for (var column = 0; column < across.count; column++) {
      let q = across.origin - column * across.back;
      if (u32(r) < u32(p.out_height) && u32(q) < u32(p.out_width)) {
        sum += w[w0 + u32(tap_row + across.first + column * across.step)] * dy[dy0 + u32(r * p.out_width + q)];
      }
    }
  }
  finish(i, sum);
}
