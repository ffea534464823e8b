/**
 * Gradient of a depthwise convolution by its image: at stride 1 the convolution of dY by the kernel turned round; else each tap's multiple of dY is
 * added to where the tap looked. Words: dx, dy, w, then geometry.ts.
 */
import { scratch } from "../lib/control";
import { share_begin, share_end } from "../lib/rows";
import { lanes } from "../lib/simd";
import { convolve_plane, plane_bytes } from "./depthwise_plane";
import {
  BAND_BYTES, BAND_OFFSET, C, DH, DW, H, HO, IMAGES, KH, KW, MOST_TAPS, PH, PW, SH, SW, TABLE_OFFSET, W, WO, end_inside, first_inside,
} from "./geometry";
import { add_scaled } from "./runs";

function depthwise2d_input_gradient<T>(p: usize, thread: i32, threads: i32): void {
  const channels = load<i32>(p, C);
  const height = load<i32>(p, H);
  const width = load<i32>(p, W);
  const ho = load<i32>(p, HO);
  const wo = load<i32>(p, WO);
  const kh = load<i32>(p, KH);
  const kw = load<i32>(p, KW);
  const sh = load<i32>(p, SH);
  const sw = load<i32>(p, SW);
  const dh = load<i32>(p, DH);
  const dw = load<i32>(p, DW);
  const ph = load<i32>(p, PH);
  const pw = load<i32>(p, PW);
  const size = <usize>(kh * kw) * sizeof<T>();
  const turned = sh == 1 && sw == 1 && kh * kw <= MOST_TAPS && plane_bytes<T>(1, 2 * lanes<T>(), kh, kw, 1, 1, dh, dw) <= BAND_BYTES;
  const taps = scratch(thread) + TABLE_OFFSET;
  const band = scratch(thread) + BAND_OFFSET;
  const planes = load<i32>(p, IMAGES) * channels;
  const end = share_end(planes, 1, thread, threads);
  for (let plane = share_begin(planes, 1, thread, threads); plane < end; plane++) {
    const dx = load<usize>(p) + <usize>(plane * height * width) * sizeof<T>();
    const w = load<usize>(p, 8) + <usize>(plane % channels) * size;
    let dy = load<usize>(p, 4) + <usize>(plane * ho * wo) * sizeof<T>();
    if (turned) {
      convolve_plane<T>(
        dx, dy, w + size - sizeof<T>(), -(<isize>sizeof<T>()), ho, wo, height, width, kh, kw, 1, 1, ph - (kh - 1) * dh, pw - (kw - 1) * dw, dh, dw,
        taps, band,
      );
      continue;
    }
    memory.fill(dx, 0, <usize>(height * width) * sizeof<T>());
    for (let oh = 0; oh < ho; oh++) {
      for (let i = 0; i < kh; i++) {
        const h = oh * sh + i * dh - ph;
        if (h < 0 || h >= height) continue;
        for (let j = 0; j < kw; j++) {
          const across = j * dw - pw;
          const q0 = first_inside(across, sw);
          const q1 = end_inside(across, sw, width, wo);
          add_scaled<T>(
            dx + <usize>(h * width + q0 * sw + across) * sizeof<T>(), dy + <usize>q0 * sizeof<T>(), load<T>(w + <usize>(i * kw + j) * sizeof<T>()),
            q1 - q0, <usize>sw * sizeof<T>(), sizeof<T>(),
          );
        }
      }
      dy += <usize>wo * sizeof<T>();
    }
  }
}

export function depthwise2d_input_gradient_f32(p: usize, thread: i32, threads: i32): void {
  depthwise2d_input_gradient<f32>(p, thread, threads);
}

export function depthwise2d_input_gradient_f64(p: usize, thread: i32, threads: i32): void {
  depthwise2d_input_gradient<f64>(p, thread, threads);
}
