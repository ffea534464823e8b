/**
 * Gradient of a convolution by its weights: for each group dW (O/g × K) = Σ over images dY (O/g × outputs) · columnsᵀ, summed upwards over
 * images and outputs, so that no partition changes a bit. A thread owns columns, rows or groups of dW and packs the columns it owns; rows of
 * dY are read in place, or brought together from several images where each has few outputs.
 * Words: dw, x, dy, then geometry.ts.
 */
import { KC, MR, STRIP_BYTES } from "../dense/table";
import { strip_rows } from "../dense/tile";
import { scratch } from "../lib/control";
import { share_begin, share_end, share_whole } from "../lib/rows";
import { lanes } from "../lib/simd";
import { fill_band, fill_offsets } from "./band";
import {
  BAND_BYTES, BAND_OFFSET, C, DH, DW, GROUPS, H, HO, IMAGES, KH, KW, O, PANELS_BYTES, PH, PW, SH, STRIP_OFFSET, SW, TABLE_OFFSET, W, WO, band_bytes, block_columns,
  block_rows, channels_of, even_part, reach,
} from "./geometry";
import { pack_rows } from "./columns_transposed";

/** Images with fewer outputs than this are taken together: a load and a store of C for every 64 steps of k cost some 8 %. */
const FEW_OUTPUTS: i32 = 64;
/** Columns at a time: their offsets fit the table. */
const MOST: i32 = 1024;

function conv2d_weight_gradient<T>(p: usize, thread: i32, threads: i32): void {
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
  const taps = kh * kw;
  const k = cg * taps;
  const outputs = ho * wo;

  // Threads: whole groups where they share out evenly enough, else a grid over each group's dW.
  const whole = share_whole(groups, threads);
  const g0 = whole ? share_begin(groups, 1, thread, threads) : 0;
  const g1 = whole ? share_end(groups, 1, thread, threads) : groups;
  const grid = whole ? 1 : threads;
  const place = whole ? 0 : thread;
  const panel_width = 2 * lanes<T>();
  const across = columns_of_threads<T>(m, k, grid);
  const m0 = share_begin(m, 1, place / across, grid / across);
  const m1 = share_end(m, 1, place / across, grid / across);
  const k0 = share_begin(k, panel_width, place % across, across);
  const k1 = share_end(k, panel_width, place % across, across);
  if (m0 >= m1 || k0 >= k1 || g0 >= g1) return;
  const row_dw = <usize>k * sizeof<T>();
  const first = load<usize>(p) + <usize>m0 * row_dw + <usize>k0 * sizeof<T>();
  if (images <= 0 || outputs <= 0) {
    for (let g = g0; g < g1; g++) {
      for (let i = 0; i < m1 - m0; i++) memory.fill(first + <usize>(g * m + i) * row_dw, 0, <usize>(k1 - k0) * sizeof<T>());
    }
    return;
  }

  // Blocks of outputs, KC at most; of several images where one has few.
  const batch = outputs < FEW_OUTPUTS ? min(images, KC / outputs) : 1;
  let rows = block_rows(KC, ho, wo);
  let columns = block_columns<T>(KC, wo);
  let most = min(MOST, PANELS_BYTES / (KC * <i32>sizeof<T>()) & -panel_width);
  if (batch == 1) most = min(MOST, PANELS_BYTES / (rows * columns * <i32>sizeof<T>()) & -panel_width);
  const padded = (ph | pw) != 0;
  if (padded) {
    while (band_bytes<T>(p, channels_of(most, taps, cg), rows, columns) > BAND_BYTES) {
      if (most > panel_width) most = max(panel_width, (most >> 1) & -panel_width);
      else if (rows > 1) rows = (rows + 1) >> 1;
      else columns = max(panel_width, columns >> 1);
    }
  }
  const band_columns = reach(columns, sw, kw, dw);
  const band_rows = reach(rows, sh, kh, dh);
  const row_bytes = <usize>(padded ? band_columns : width) * sizeof<T>();
  const channel_bytes = padded ? <usize>band_rows * row_bytes : <usize>(height * width) * sizeof<T>();
  const plane = <usize>(height * width) * sizeof<T>();
  const packed = scratch(thread);
  const room = packed + STRIP_OFFSET;
  const gathered = room + STRIP_BYTES;
  const table = packed + TABLE_OFFSET;
  const band = packed + BAND_OFFSET;
  const strips = (m1 - m0 + MR - 1) / MR;
  const row_dy = <usize>outputs * sizeof<T>();

  for (let group = g0; group < g1; group++) {
    for (let p0 = k0; p0 < k1; p0 += most) {
      const n = min(most, k1 - p0);
      const c0 = p0 / taps;
      const c1 = (p0 + n - 1) / taps + 1;
      const c = first + <usize>(group * m) * row_dw + <usize>(p0 - k0) * sizeof<T>();
      fill_offsets(table, p0, n, kh, kw, channel_bytes, <usize>dh * row_bytes, <usize>dw * sizeof<T>());
      for (let image = 0; image < images; image += batch) {
        const together = min(batch, images - image);
        for (let oh = 0; oh < ho; oh += rows) {
          for (let ow = 0; ow < wo; ow += columns) {
            const block_h = min(rows, ho - oh);
            const block_w = min(columns, wo - ow);
            const own = block_h * block_w;
            const kc = together * own;
            const panel = <usize>kc << 5;
            for (let b = 0; b < together; b++) {
              let base = load<usize>(p, 4) + <usize>(((image + b) * groups + group) * cg + c0) * plane;
              if (padded) {
                fill_band<T>(band, base, c1 - c0, height, width, oh * sh - ph, band_rows, ow * sw - pw, band_columns);
                base = band;
              } else {
                base += <usize>(oh * sh * width + ow * sw) * sizeof<T>();
              }
              pack_rows<T>(
                packed + (<usize>(b * own) << 5), panel, base, table, n, block_h, block_w, <usize>sh * row_bytes, <usize>sw * sizeof<T>(),
              );
            }
            const fresh = image == 0 && oh == 0 && ow == 0;
            const dy = load<usize>(p, 8) + <usize>((image * groups + group) * m + m0) * row_dy + <usize>(oh * wo + ow) * sizeof<T>();
            for (let s = 0; s < strips; s++) {
              const i = share_begin(m1 - m0, 1, s, strips);
              const count = share_end(m1 - m0, 1, s, strips) - i;
              let a = dy + <usize>i * row_dy;
              let step = row_dy;
              if (together > 1) {
                step = <usize>kc * sizeof<T>();
                gather_rows<T>(gathered, a, count, own, together, row_dy, <usize>(groups * m) * row_dy);
                a = gathered;
              }
              strip_rows<T>(count, a, step, packed, 32, panel, c + <usize>i * row_dw, row_dw, n, kc, fresh, room);
            }
          }
        }
      }
    }
  }
}

/** Rows of dY of several images, one image's outputs behind the other's. */
function gather_rows<T>(d: usize, dy: usize, rows: i32, outputs: i32, images: i32, row: usize, image: usize): void {
  for (let r = 0; r < rows; r++) {
    for (let b = 0; b < images; b++) {
      const s = dy + <usize>r * row + <usize>b * image;
      for (let i = 0; i < outputs; i++) {
        store<T>(d, load<T>(s + <usize>i * sizeof<T>()));
        d += sizeof<T>();
      }
    }
  }
}

/** Into how many columns of threads to cut dW: the least work for the busiest, packing (some 8 rows' worth) included. */
function columns_of_threads<T>(m: i32, k: i32, threads: i32): i32 {
  let best = 1;
  let least = i32.MAX_VALUE;
  const panels = (k + 2 * lanes<T>() - 1) / (2 * lanes<T>());
  for (let columns = 1; columns <= threads; columns++) {
    if (threads % columns != 0) continue;
    const rows = threads / columns;
    const cost = ((panels + columns - 1) / columns) * ((m + rows - 1) / rows + 8);
    if (cost < least) {
      least = cost;
      best = columns;
    }
  }
  return best;
}

export function conv2d_weight_gradient_f32(p: usize, thread: i32, threads: i32): void {
  conv2d_weight_gradient<f32>(p, thread, threads);
}

export function conv2d_weight_gradient_f64(p: usize, thread: i32, threads: i32): void {
  conv2d_weight_gradient<f64>(p, thread, threads);
}
