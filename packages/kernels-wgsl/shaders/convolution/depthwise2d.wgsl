// Convolution of each channel by its own kernel (groups = channels in = channels out), where a GEMM would have one row: a thread per
// output. Neighbouring threads look at neighbouring elements, and what their windows share comes from the cache: 8 bytes of memory an
// output where windows overlap.
//! use grid convolution
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;

fn finish(i: u32, value: f32) {
  y[p.y_at + i] = value;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  let planes = u32(p.images * p.channels);
  let area = u32(p.out_height * p.out_width);
  if (i >= planes * area) {
    return;
  }
  let plane = i / area;
  let output = i32(i % area);
  let top = output / p.out_width * p.stride_y - p.padding_y;
  let left = output % p.out_width * p.stride_x - p.padding_x;
  let x0 = p.a_at + plane * u32(p.height * p.width);
  var tap = p.b_at + plane % u32(p.channels) * u32(p.kernel_height * p.kernel_width);
  var sum = 0.0;
  for (var down = 0; down < p.kernel_height; down++) {
    let h = top + down * p.dilation_y;
    for (var across = 0; across < p.kernel_width; across++) {
      let v = left + across * p.dilation_x;
      if (u32(h) < u32(p.height) && u32(v) < u32(p.width)) {
        sum += w[tap] * x[x0 + u32(h * p.width + v)];
      }
      tap++;
    }
  }
  finish(i, sum);
}
