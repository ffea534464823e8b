/**
 * The words that pooling kernels share: two pointers (max_pool2d: three), then planes, height, width, output height and width, kernel, stride,
 * padding and dilation (vertical, horizontal), and for averages 1 where padding counts. `at` is where they begin.
 */
export const PLANES: usize = 0;
export const H: usize = 4;
export const W: usize = 8;
export const HO: usize = 12;
export const WO: usize = 16;
export const KH: usize = 20;
export const KW: usize = 24;
export const SH: usize = 28;
export const SW: usize = 32;
export const PH: usize = 36;
export const PW: usize = 40;
export const DH: usize = 44;
export const DW: usize = 48;
export const COUNT_PADDING: usize = 52;

/** First tap that is inside, for a window that begins at `start`. */
// @ts-ignore: decorator
@inline
export function first_tap(start: i32, dilation: i32): i32 {
  return start >= 0 ? 0 : (dilation - 1 - start) / dilation;
}

/** One past the last tap that is inside. */
// @ts-ignore: decorator
@inline
export function end_tap(start: i32, dilation: i32, kernel: i32, extent: i32): i32 {
  const last = extent - 1 - start;
  return last < 0 ? 0 : min(kernel, last / dilation + 1);
}

/** 1 / divisor of an average's window: all of it that lies within the padded image (PyTorch's ceil_mode cuts it there), or what is inside. */
// @ts-ignore: decorator
@inline
export function window_weight(at: usize, top: i32, left: i32): f64 {
  const height = load<i32>(at, H);
  const width = load<i32>(at, W);
  let y0 = top;
  let x0 = left;
  let y1 = min(top + load<i32>(at, KH), height + load<i32>(at, PH));
  let x1 = min(left + load<i32>(at, KW), width + load<i32>(at, PW));
  if (load<i32>(at, COUNT_PADDING) == 0) {
    y0 = max(y0, 0);
    x0 = max(x0, 0);
    y1 = min(y1, height);
    x1 = min(x1, width);
  }
  return 1 / <f64>((y1 - y0) * (x1 - x0));
}
