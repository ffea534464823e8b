/**
 * Gradient of a convolution by its image, which is also the transposed convolution: for each image and group Wᵀ · dY is the gradient of the
 * column matrix, made six rows at a time in L1 and added to dX there where the rows' taps looked. No order depends on `threads`: blocks are cut
 * without regard to them, and an element of dX takes its sums block by block, channels out upwards within, then taps upwards.
 * Words: dx, dy, w, then geometry.ts.
 */
import { pack_a_transposed, pack_b } from "../dense/pack";
import { A_IN_PLACE_BYTES, A_PACK_PANELS, KC, MR } from "../dense/table";
import { strip_adjacent } from "../dense/tile";
import { scratch } from "../lib/control";
import { share_begin, share_end, share_whole } from "../lib/rows";
import { lanes } from "../lib/simd";
import {
  BAND_OFFSET, C, DH, DW, EW_PARAMS, EW_SLOT, GROUPS, H, HO, IMAGES, KH, KW, MOST_COLUMNS, O, PANELS_BYTES, PH, PW, SH, STRIP_OFFSET, SW, W, WO, block_columns,
  block_rows, end_inside, even_part, first_inside,
} from "./geometry";
import { add_run, add_run_apart } from "./runs";

/** Channels out whose panels are packed at once; more than that many are further sums. */
const CHANNELS: i32 = 1024;

function conv2d_input_gradient<T>(p: usize, thread: i32, threads: i32): void {
  const groups = load<i32>(p, GROUPS);
  const images = load<i32>(p, IMAGES);
  const cg = load<i32>(p, C) / groups;
  const m = load<i32>(p, O) / groups;
  const height = load<i32>(p, H);
  const width = load<i32>(p, W);
  const ho = load<i32>(p, HO);
  const wo = load<i32>(p, WO);
  const kw = load<i32>(p, KW);
  const taps = load<i32>(p, KH) * kw;
  const sh = load<i32>(p, SH);
  const sw = load<i32>(p, SW);
  const ph = load<i32>(p, PH);
  const pw = load<i32>(p, PW);
  const dh = load<i32>(p, DH);
  const dw = load<i32>(p, DW);
  const ew_slot = load<u32>(p, EW_SLOT);
  const outputs = ho * wo;
  const area = height * width;
  if (images <= 0 || area <= 0 || cg <= 0) return;

  const items = images * groups;
  const whole = share_whole(items, threads);
  const first = whole ? share_begin(items, 1, thread, threads) : 0;
  const end = whole ? share_end(items, 1, thread, threads) : items;
  const c0 = whole ? 0 : share_begin(cg, 1, thread, threads);
  const c1 = whole ? cg : share_end(cg, 1, thread, threads);
  if (c0 >= c1) return;

  const channels = min(m, CHANNELS);
  const panel_width = 2 * lanes<T>();
  const most = min(MOST_COLUMNS, PANELS_BYTES / (channels * <i32>sizeof<T>()) & -panel_width);
  const rows = block_rows(most, ho, wo);
  const columns = block_columns<T>(most, wo);
  const packed = scratch(thread);
  const packed_a = packed + STRIP_OFFSET;
  const strip = packed + BAND_OFFSET;
  const row_w = <usize>(cg * taps) * sizeof<T>();
  const row_dy = <usize>outputs * sizeof<T>();
  const plane = <usize>area * sizeof<T>();
  const r0 = c0 * taps;
  const count = (c1 - c0) * taps;
  const strips = (count + MR - 1) / MR;

  for (let item = first; item < end; item++) {
    const group = item % groups;
    const dx = load<usize>(p) + <usize>item * <usize>cg * plane;
    memory.fill(dx + <usize>c0 * plane, 0, <usize>(c1 - c0) * plane);
    for (let o0 = 0; o0 < m; o0 += channels) {
      const k = min(channels, m - o0);
      const kc_limit = even_part(k, KC);
      const w = load<usize>(p, 8) + <usize>(group * m + o0) * row_w;
      for (let oh = 0; oh < ho; oh += rows) {
        const oh_end = min(ho, oh + rows);
        for (let ow = 0; ow < wo; ow += columns) {
          const block_w = min(columns, wo - ow);
          const n = (oh_end - oh) * block_w;
          const panels = <usize>((n + panel_width - 1) / panel_width) << 5;
          const dy = load<usize>(p, 4) + <usize>(item * m + o0) * row_dy + <usize>(oh * wo + ow) * sizeof<T>();
          for (let pc = 0; pc < k; pc += kc_limit) {
            pack_b<T>(packed + <usize>pc * panels, dy + <usize>pc * row_dy, row_dy, n, min(kc_limit, k - pc));
          }
          const pack_strips = n >= A_PACK_PANELS * panel_width && row_w > <usize>(A_IN_PLACE_BYTES / kc_limit);
          const row_strip = <usize>n * sizeof<T>();
          for (let s = 0; s < strips; s++) {
            const r = r0 + share_begin(count, 1, s, strips);
            const strip_rows = r0 + share_end(count, 1, s, strips) - r;
            for (let pc = 0; pc < k; pc += kc_limit) {
              const kc = min(kc_limit, k - pc);
              const from = packed + <usize>pc * panels;
              let a = w + <usize>pc * row_w + <usize>r * sizeof<T>();
              let step = row_w;
              if (pack_strips) {
                pack_a_transposed<T>(packed_a, a, row_w, strip_rows, kc);
                a = packed_a;
                step = <usize>MR * sizeof<T>();
              }
              strip_adjacent<T>(strip_rows, a, step, from, 32, <usize>kc << 5, strip, row_strip, n, kc, pc == 0);
            }
            for (let i = 0; i < strip_rows; i++) {
              const c = (r + i) / taps;
              const tap = (r + i) - c * taps;
              const down = tap / kw * dh - ph;
              const across = tap % kw * dw - pw;
              // Outputs of this block whose input for this tap is inside the image.
              const h0 = max(oh, first_inside(down, sh));
              const h1 = min(oh_end, end_inside(down, sh, height, ho));
              const q0 = max(ow, first_inside(across, sw));
              const q1 = min(ow + block_w, end_inside(across, sw, width, wo));
              if (q0 >= q1 || h0 >= h1) continue;
              let d = dx + <usize>c * plane + <usize>((h0 * sh + down) * width + q0 * sw + across) * sizeof<T>();
              let from = strip + <usize>i * row_strip + <usize>((h0 - oh) * block_w + q0 - ow) * sizeof<T>();
              for (let h = h0; h < h1; h++) {
                if (sw == 1) add_run<T>(d, from, q1 - q0);
                else add_run_apart<T>(d, from, q1 - q0, <usize>sw * sizeof<T>());
                d += <usize>(sh * width) * sizeof<T>();
                from += <usize>block_w * sizeof<T>();
              }
            }
          }
        }
      }
    }
    if (ew_slot != 0) call_indirect<void>(ew_slot, load<usize>(p, EW_PARAMS), (item * cg + c0) * area, (item * cg + c1) * area, thread);
  }
}

export function conv2d_input_gradient_f32(p: usize, thread: i32, threads: i32): void {
  conv2d_input_gradient<f32>(p, thread, threads);
}

export function conv2d_input_gradient_f64(p: usize, thread: i32, threads: i32): void {
  conv2d_input_gradient<f64>(p, thread, threads);
}
