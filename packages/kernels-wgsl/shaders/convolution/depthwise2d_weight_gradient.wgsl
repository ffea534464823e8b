// Gradient of a depthwise convolution by its weights: TAPS numbers of a channel a workgroup, each the dot product of dY with what the tap
// looked at, so that dY and the images are read once for all of them. Outputs of all images are cut into SPLITS parts, whose sums
// sum_partials.wgsl adds up.
// Registers: TAPS (at most 16) sums. Shared memory: TAPS × 264 B.
//! use grid convolution
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

var<workgroup> taps: array<vec2<i32>, TAPS>;
var<workgroup> partial: array<f32, TAPS * 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let size = u32(p.kernel_height * p.kernel_width);
  let area = u32(p.out_height * p.out_width);
  let outputs = u32(p.images) * area;
  let part = (outputs + SPLITS - 1u) / SPLITS;
  let blocks = (size + TAPS - 1u) / TAPS;
  let flat = flat_group(group, groups);
  let first_tap = flat % blocks * TAPS;
  let channel = flat / blocks % u32(p.channels);
  let split = flat / blocks / u32(p.channels);
  if (split >= SPLITS) {
    return;
  }
  if (lane < TAPS) {
    let tap = i32(first_tap + lane);
    let down = tap / p.kernel_width * p.dilation_y - p.padding_y;
    // Taps that the kernel does not have look outside.
    taps[lane] = vec2<i32>(select(OUTSIDE, down, first_tap + lane < size), tap % p.kernel_width * p.dilation_x - p.padding_x);
  }
  workgroupBarrier();
  var sums: array<f32, TAPS>;
  let end = min((split + 1u) * part, outputs);
  for (var i = split * part + lane; i < end; i += 64u) {
    let plane = i / area * u32(p.channels) + channel;
    let output = i32(i % area);
    let cotangent = dy[p.b_at + plane * area + u32(output)];
    let top = output / p.out_width * p.stride_y;
    let left = output % p.out_width * p.stride_x;
    let x0 = p.a_at + plane * u32(p.height * p.width);
    for (var tap = 0u; tap < TAPS; tap++) {
      let h = top + taps[tap].x;
      let v = left + taps[tap].y;
      if (u32(h) < u32(p.height) && u32(v) < u32(p.width)) {
        sums[tap] += cotangent * x[x0 + u32(h * p.width + v)];
      }
    }
  }
  for (var tap = 0u; tap < TAPS; tap++) {
    partial[tap * 64u + lane] = sums[tap];
  }
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    for (var i = lane; i < TAPS * half; i += 64u) {
      let at = i / half * 64u + i % half;
      partial[at] += partial[at + half];
    }
    workgroupBarrier();
  }
  if (lane < TAPS && first_tap + lane < size) {
    let to = channel * size + first_tap + lane;
    if (SPLITS == 1) {
      y[p.y_at + to] = partial[lane * 64u];
    } else {
      scratch[split * u32(p.channels) * size + to] = partial[lane * 64u];
    }
  }
}
