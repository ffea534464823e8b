/**
 * Gradient of a depthwise convolution by its weights: one number for each channel and tap, the dot product of dY with what the tap looked at.
 * An image's sum is in T, that of the images in f64. Words: dw, x, dy, then geometry.ts.
 */
import { share_begin, share_end } from "../lib/rows";
import { C, DH, DW, H, HO, IMAGES, KH, KW, PH, PW, SH, SW, W, WO, end_inside, first_inside } from "./geometry";
import { dot_rows } from "./runs";

function depthwise2d_weight_gradient<T>(p: usize, thread: i32, threads: i32): void {
  const images = load<i32>(p, IMAGES);
  const channels = load<i32>(p, C);
  const height = load<i32>(p, H);
  const width = load<i32>(p, W);
  const ho = load<i32>(p, HO);
  const wo = load<i32>(p, WO);
  const kw = load<i32>(p, KW);
  const taps = load<i32>(p, KH) * kw;
  const sh = load<i32>(p, SH);
  const sw = load<i32>(p, SW);
  const end = share_end(channels * taps, 1, thread, threads);
  for (let unit = share_begin(channels * taps, 1, thread, threads); unit < end; unit++) {
    const channel = unit / taps;
    const tap = unit - channel * taps;
    const down = tap / kw * load<i32>(p, DH) - load<i32>(p, PH);
    const across = tap % kw * load<i32>(p, DW) - load<i32>(p, PW);
    const h0 = first_inside(down, sh);
    const h1 = end_inside(down, sh, height, ho);
    const q0 = first_inside(across, sw);
    const q1 = end_inside(across, sw, width, wo);
    let total: f64 = 0;
    for (let image = 0; image < images; image++) {
      const plane = image * channels + channel;
      const x = load<usize>(p, 4) + <usize>(plane * height * width + q0 * sw + across) * sizeof<T>();
      const dy = load<usize>(p, 8) + <usize>(plane * ho * wo + q0) * sizeof<T>();
      total += <f64>dot_rows<T>(
        dy + <usize>(h0 * wo) * sizeof<T>(), <usize>wo * sizeof<T>(), x + <usize>((h0 * sh + down) * width) * sizeof<T>(),
        <usize>(sh * width) * sizeof<T>(), h1 - h0, q1 - q0, <usize>sw * sizeof<T>(),
      );
    }
    store<T>(load<usize>(p) + <usize>unit * sizeof<T>(), <T>total);
  }
}

export function depthwise2d_weight_gradient_f32(p: usize, thread: i32, threads: i32): void {
  depthwise2d_weight_gradient<f32>(p, thread, threads);
}

export function depthwise2d_weight_gradient_f64(p: usize, thread: i32, threads: i32): void {
  depthwise2d_weight_gradient<f64>(p, thread, threads);
}
