// The words that all convolution kernels share; see the engine's ops/convolution.ts.
struct Params {
  y_at: u32,
  a_at: u32,
  b_at: u32,
  epilogue_slot: u32,
  epilogue_words: u32,
  images: i32,
  channels: i32,
  height: i32,
  width: i32,
  filters: i32,
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
  groups: i32,
}
@group(0) @binding(0) var<uniform> p: Params;

// A row that no image has, whatever a tap adds to it.
const OUTSIDE = -0x40000000;
