/**
 * Convolution of each channel by its own kernel (groups = channels in = channels out), where GEMM would have one row.
 * Words: y, x, w, then geometry.ts. The epilogue gets finished planes.
 */
import { scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { convolve_plane } from "./depthwise_plane";
import {
  BAND_OFFSET, C, DH, DW, EW_PARAMS, EW_SLOT, H, HO, IMAGES, KH, KW, PH, PW, SH, SW, TABLE_OFFSET, W, WO,
} from "./geometry";

function depthwise2d<T>(p: usize, thread: i32, threads: i32): void {
  const channels = load<i32>(p, C);
  const height = load<i32>(p, H);
  const width = load<i32>(p, W);
  const ho = load<i32>(p, HO);
  const wo = load<i32>(p, WO);
  const kh = load<i32>(p, KH);
  const kw = load<i32>(p, KW);
  const ew_slot = load<u32>(p, EW_SLOT);
  const taps = scratch(thread) + TABLE_OFFSET;
  const band = scratch(thread) + BAND_OFFSET;
  const planes = load<i32>(p, IMAGES) * channels;
  const end = share_end(planes, 1, thread, threads);
  for (let plane = share_begin(planes, 1, thread, threads); plane < end; plane++) {
    const y = load<usize>(p) + <usize>(plane * ho * wo) * sizeof<T>();
    const x = load<usize>(p, 4) + <usize>(plane * height * width) * sizeof<T>();
    const w = load<usize>(p, 8) + <usize>(plane % channels * kh * kw) * sizeof<T>();
    convolve_plane<T>(
      y, x, w, sizeof<T>(), height, width, ho, wo, kh, kw, load<i32>(p, SH), load<i32>(p, SW), -load<i32>(p, PH), -load<i32>(p, PW),
      load<i32>(p, DH), load<i32>(p, DW), taps, band,
    );
    if (ew_slot != 0) call_indirect<void>(ew_slot, load<usize>(p, EW_PARAMS), plane * ho * wo, (plane + 1) * ho * wo, thread);
  }
}

export function depthwise2d_f32(p: usize, thread: i32, threads: i32): void {
  depthwise2d<f32>(p, thread, threads);
}

export function depthwise2d_f64(p: usize, thread: i32, threads: i32): void {
  depthwise2d<f64>(p, thread, threads);
}
