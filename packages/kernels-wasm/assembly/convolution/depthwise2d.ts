/**
 * Convolution of each channel by its own kernel (groups = channels in = channels out), where GEMM would have one row: rows of y take the taps'
 * multiples of rows of x one after the other while they are in L1. Words: y, x, w, then geometry.ts.
 */
import { share_begin, share_end } from "../lib/rows";
import { C, DH, DW, H, HO, IMAGES, KH, KW, PH, PW, SH, SW, W, WO, end_inside, first_inside } from "./geometry";
import { add_scaled } from "./runs";

function depthwise2d<T>(p: usize, thread: i32, threads: i32): void {
  const channels = load<i32>(p, C);
  const height = load<i32>(p, H);
  const width = load<i32>(p, W);
  const ho = load<i32>(p, HO);
  const wo = load<i32>(p, WO);
  const kh = load<i32>(p, KH);
  const kw = load<i32>(p, KW);
  const sh = load<i32>(p, SH);
  const sw = load<i32>(p, SW);
  const planes = load<i32>(p, IMAGES) * channels;
  const end = share_end(planes, 1, thread, threads);
  for (let plane = share_begin(planes, 1, thread, threads); plane < end; plane++) {
    const x = load<usize>(p, 4) + <usize>(plane * height * width) * sizeof<T>();
    const w = load<usize>(p, 8) + <usize>(plane % channels * kh * kw) * sizeof<T>();
    let y = load<usize>(p) + <usize>(plane * ho * wo) * sizeof<T>();
    for (let oh = 0; oh < ho; oh++) {
      memory.fill(y, 0, <usize>wo * sizeof<T>());
      for (let i = 0; i < kh; i++) {
        const h = oh * sh + i * load<i32>(p, DH) - load<i32>(p, PH);
        if (h < 0 || h >= height) continue;
        for (let j = 0; j < kw; j++) {
          const across = j * load<i32>(p, DW) - load<i32>(p, PW);
          const q0 = first_inside(across, sw);
          const q1 = end_inside(across, sw, width, wo);
          add_scaled<T>(
            y + <usize>q0 * sizeof<T>(), x + <usize>(h * width + q0 * sw + across) * sizeof<T>(), load<T>(w + <usize>(i * kw + j) * sizeof<T>()),
            q1 - q0, sizeof<T>(), <usize>sw * sizeof<T>(),
          );
        }
      }
      y += <usize>wo * sizeof<T>();
    }
  }
}

export function depthwise2d_f32(p: usize, thread: i32, threads: i32): void {
  depthwise2d<f32>(p, thread, threads);
}

export function depthwise2d_f64(p: usize, thread: i32, threads: i32): void {
  depthwise2d<f64>(p, thread, threads);
}
