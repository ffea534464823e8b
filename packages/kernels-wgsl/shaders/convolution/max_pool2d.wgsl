// Largest element of windows and its flat place in the plane, a thread per window. Padding never wins, the first of equals does, and any
// NaN does, the last one of several, as in PyTorch. Elements are compared as whole numbers made of their bits, because WGSL promises
// nothing of NaN and infinity.
//! use grid
struct Params {
  y_at: u32,
  places_at: u32,
  x_at: u32,
  planes: i32,
  height: i32,
  width: i32,
  out_height: i32,
  out_width: i32,
  kernel_height: i32,
  kernel_width: i32,
  stride_y: i32,
  stride_x: i32,
  padding_y: i32,
  padding_x: i32,
  dilation_y: i32,
  dilation_x: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read_write> places: array<i32>;
@group(0) @binding(3) var<storage, read> x: array<u32>;

const NAN = 0x7fffffff;
const NEGATIVE_INFINITY = 0xff800000u;

// Ordered as the numbers are; both zeros are equal, and every NaN is above all else.
fn order_of(bits: u32) -> i32 {
  let magnitude = i32(bits & 0x7fffffffu);
  if (magnitude > 0x7f800000) {
    return NAN;
  }
  return select(magnitude, -magnitude, bits >> 31u != 0u);
}

// The first tap that is not before the image, for a window that begins at `start`.
fn first_inside(start: i32, dilation: i32) -> i32 {
  return select((dilation - 1 - start) / dilation, 0, start >= 0);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * 64u + lane;
  let area = u32(p.out_height * p.out_width);
  if (i >= u32(p.planes) * area) {
    return;
  }
  let output = i32(i % area);
  var top = output / p.out_width * p.stride_y - p.padding_y;
  var left = output % p.out_width * p.stride_x - p.padding_x;
  let bottom = min(top + p.kernel_height * p.dilation_y, p.height);
  let right = min(left + p.kernel_width * p.dilation_x, p.width);
  top += first_inside(top, p.dilation_y) * p.dilation_y;
  left += first_inside(left, p.dilation_x) * p.dilation_x;
  let x0 = p.x_at + i / area * u32(p.height * p.width);
  var best = NEGATIVE_INFINITY;
  var most = order_of(best);
  var place = top * p.width + left;
  for (var h = top; h < bottom; h += p.dilation_y) {
    for (var v = left; v < right; v += p.dilation_x) {
      let candidate = x[x0 + u32(h * p.width + v)];
      let order = order_of(candidate);
      if (order > most || order == NAN) {
        best = candidate;
        most = order;
        place = h * p.width + v;
      }
    }
  }
  y[p.y_at + i] = best;
  places[p.places_at + i] = place;
}
