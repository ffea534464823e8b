// The words of average pooling and its gradient, and the weight of a window; see the engine's ops/pooling.ts.
struct Params {
  y_at: u32,
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
  count_padding: u32,
}
@group(0) @binding(0) var<uniform> p: Params;

// Elements that an average divides by: all that lie within the padded image (PyTorch's ceil_mode cuts windows there), or those within the
// image.
fn window_size(top: i32, left: i32) -> f32 {
  var low = vec2<i32>(top, left);
  var high = min(low + vec2<i32>(p.kernel_height, p.kernel_width), vec2<i32>(p.height + p.padding_y, p.width + p.padding_x));
  if (p.count_padding == 0u) {
    low = max(low, vec2<i32>(0, 0));
    high = min(high, vec2<i32>(p.height, p.width));
  }
  return f32((high.y - low.y) * (high.x - low.x));
}
