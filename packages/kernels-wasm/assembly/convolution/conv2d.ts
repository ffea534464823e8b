/**
 * Convolution of images (n, C, H, W) by (O, C/groups, kh, kw) as an implicit GEMM: for each image and group Y (O/g × outputs) = W · columns,
 * whose panels are packed block by block straight from the image and serve all rows of W.
 * Words: y, x, w, then geometry.ts. The epilogue gets finished blocks as flat ranges of y.
 */
import { KC, MR } from "../dense/table";
import { strip_rows } from "../dense/tile";
import { scratch } from "../lib/control";
import { share_begin, share_end, share_whole } from "../lib/rows";
import { lanes } from "../lib/simd";
import { fill_band, fill_offsets } from "./band";
import { pack_columns } from "./columns";
import {
  BAND_BYTES, BAND_OFFSET, C, DH, DW, EW_PARAMS, EW_SLOT, GROUPS, H, HO, IMAGES, KH, KW, MOST_COLUMNS, O, PANELS_BYTES, PH, PW, SH, STRIP_OFFSET, SW,
  TABLE_OFFSET, W, WO, band_bytes, block_columns, block_rows, channels_of, even_part, reach,
} from "./geometry";

/** Blocks are not cut smaller than this for the sake of threads: eight panels repay fetching W once more. */
const LEAST_COLUMNS: i32 = 64;

function conv2d<T>(p: usize, thread: i32, threads: i32): void {
  const groups = load<i32>(p, GROUPS);
  const images = load<i32>(p, IMAGES);
  const cg = load<i32>(p, C) / groups;
  const m = load<i32>(p, O) / groups;
  const height = load<i32>(p, H);
  const width = load<i32>(p, W);
  const ho = load<i32>(p, HO);
  const wo = load<i32>(p, WO);
  const kh = load<i32>(p, KH);
  const kw = load<i32>(p, KW);
  const sh = load<i32>(p, SH);
  const sw = load<i32>(p, SW);
  const ph = load<i32>(p, PH);
  const pw = load<i32>(p, PW);
  const dh = load<i32>(p, DH);
  const dw = load<i32>(p, DW);
  const ew_slot = load<u32>(p, EW_SLOT);
  const taps = kh * kw;
  const k = cg * taps;
  const outputs = ho * wo;
  if (images <= 0 || outputs <= 0 || m <= 0) return;

  // Blocks: panels for all of KC in PANELS_BYTES, and enough of them for the threads.
  let kc_limit = even_part(k, KC);
  let most = min(MOST_COLUMNS, PANELS_BYTES / (kc_limit * <i32>sizeof<T>()) & -(2 * lanes<T>()));
  const wanted = (4 * threads + images * groups - 1) / (images * groups);
  if (threads > 1 && wanted > 1) most = max(min(most, LEAST_COLUMNS), min(most, (outputs + wanted - 1) / wanted));
  let rows = block_rows(most, ho, wo);
  let columns = block_columns<T>(most, wo);
  const padded = (ph | pw) != 0;
  if (padded) {
    while (band_bytes<T>(p, channels_of(kc_limit, taps, cg), rows, columns) > BAND_BYTES) {
      if (rows > 1) rows = (rows + 1) >> 1;
      else if (kc_limit > 1) kc_limit = (kc_limit + 1) >> 1;
      else columns = max(2 * lanes<T>(), columns >> 1);
    }
  }
  const blocks_down = (ho + rows - 1) / rows;
  const blocks_across = (wo + columns - 1) / columns;
  const blocks = blocks_down * blocks_across;

  // Whole blocks where they share out evenly enough, else channels of each.
  const items = images * groups * blocks;
  const whole = share_whole(items, threads);
  const first = whole ? share_begin(items, 1, thread, threads) : 0;
  const end = whole ? share_end(items, 1, thread, threads) : items;
  const m0 = whole ? 0 : share_begin(m, 1, thread, threads);
  const m1 = whole ? m : share_end(m, 1, thread, threads);
  if (m0 >= m1) return;
  const strips = (m1 - m0 + MR - 1) / MR;

  const band_columns = reach(columns, sw, kw, dw);
  const band_rows = reach(rows, sh, kh, dh);
  const row_bytes = <usize>(padded ? band_columns : width) * sizeof<T>();
  const channel_bytes = padded ? <usize>band_rows * row_bytes : <usize>(height * width) * sizeof<T>();
  const plane = <usize>(height * width) * sizeof<T>();
  const packed = scratch(thread);
  const table = packed + TABLE_OFFSET;
  const band = packed + BAND_OFFSET;
  const y0 = load<usize>(p);
  const x0 = load<usize>(p, 4);
  const w0 = load<usize>(p, 8);
  const row_w = <usize>k * sizeof<T>();
  const row_y = <usize>outputs * sizeof<T>();

  for (let item = first; item < end; item++) {
    const block = item % blocks;
    const image_group = item / blocks;
    const image = image_group / groups;
    const group = image_group - image * groups;
    const oh = block / blocks_across * rows;
    const ow = block % blocks_across * columns;
    const block_h = min(rows, ho - oh);
    const block_w = min(columns, wo - ow);
    const n = block_h * block_w;
    const x = x0 + <usize>(image * groups + group) * <usize>cg * plane;
    const channel = image * groups * m + group * m + m0;
    const at = channel * outputs + oh * wo + ow;
    const y = y0 + <usize>at * sizeof<T>();
    const w = w0 + <usize>(group * m + m0) * row_w;
    for (let p0 = 0; p0 < k; p0 += kc_limit) {
      const kc = min(kc_limit, k - p0);
      const c0 = p0 / taps;
      let base = x + <usize>c0 * plane;
      if (padded) {
        const c1 = (p0 + kc - 1) / taps + 1;
        fill_band<T>(band, base, c1 - c0, height, width, oh * sh - ph, band_rows, ow * sw - pw, band_columns);
        base = band;
      } else {
        base += <usize>(oh * sh * width + ow * sw) * sizeof<T>();
      }
      fill_offsets(table, p0, kc, kh, kw, channel_bytes, <usize>dh * row_bytes, <usize>dw * sizeof<T>());
      pack_columns<T>(packed, base, table, kc, block_h, block_w, <usize>sh * row_bytes, <usize>sw * sizeof<T>());
      for (let s = 0; s < strips; s++) {
        const i = share_begin(m1 - m0, 1, s, strips);
        const count = share_end(m1 - m0, 1, s, strips) - i;
        strip_rows<T>(
          count, w + <usize>i * row_w + <usize>p0 * sizeof<T>(), row_w, packed, 32, <usize>kc << 5, y + <usize>i * row_y, row_y, n, kc, p0 == 0,
          packed + STRIP_OFFSET,
        );
      }
    }
    if (ew_slot == 0) continue;
    if (n == outputs) {
      call_indirect<void>(ew_slot, load<usize>(p, EW_PARAMS), at, at + (m1 - m0) * outputs, thread);
    } else {
      for (let i = 0; i < m1 - m0; i++) call_indirect<void>(ew_slot, load<usize>(p, EW_PARAMS), at + i * outputs, at + i * outputs + n, thread);
    }
  }
}

export function conv2d_f32(p: usize, thread: i32, threads: i32): void {
  conv2d<f32>(p, thread, threads);
}

export function conv2d_f64(p: usize, thread: i32, threads: i32): void {
  conv2d<f64>(p, thread, threads);
}
