/**
 * The words that all convolution kernels share, and how outputs are cut into blocks.
 *
 * Words: output, two operands, ew_slot, ew_params (0 where a kernel has no epilogue), then images, channels in, height, width, channels out,
 * output height and width, kernel height and width, stride, padding and dilation (vertical, horizontal), groups.
 */
import { lanes } from "../lib/simd";

export const EW_SLOT: usize = 12;
export const EW_PARAMS: usize = 16;
export const IMAGES: usize = 20;
export const C: usize = 24;
export const H: usize = 28;
export const W: usize = 32;
export const O: usize = 36;
export const HO: usize = 40;
export const WO: usize = 44;
export const KH: usize = 48;
export const KW: usize = 52;
export const SH: usize = 56;
export const SW: usize = 60;
export const PH: usize = 64;
export const PW: usize = 68;
export const DH: usize = 72;
export const DW: usize = 76;
export const GROUPS: usize = 80;

/** Scratch of a thread: packed panels, room for a strip of the other operand, twice, a table of offsets, then the zero-padded band. */
export const PANELS_BYTES: i32 = 240 << 10;
export const STRIP_OFFSET: usize = 240 << 10;
export const TABLE_OFFSET: usize = 278 << 10;
export const BAND_OFFSET: usize = 286 << 10;
/** Offsets that the table has room for. */
export const MOST_TAPS: i32 = 2048;
/** The op refuses geometries whose smallest band is larger; mirrored by ops/convolution.ts. Vectors may run 32 bytes over. */
export const BAND_BYTES: i32 = 480 << 10;
/** Columns of a block at most: with 64 channels out their outputs take 256 KiB, which an epilogue still finds in L2. */
export const MOST_COLUMNS: i32 = 1024;

/** `total` cut into the fewest parts of at most `limit`, all but the last equal. */
// @ts-ignore: decorator
@inline
export function even_part(total: i32, limit: i32): i32 {
  const parts = (total + limit - 1) / limit;
  return (total + parts - 1) / parts;
}

/** Output rows of a block of about `columns` outputs: whole rows, or a part of one (block_columns). */
// @ts-ignore: decorator
@inline
export function block_rows(columns: i32, ho: i32, wo: i32): i32 {
  return wo >= columns ? 1 : even_part(ho, columns / wo);
}

/** Outputs along a row of a block: the whole row, or whole panels of it. */
// @ts-ignore: decorator
@inline
export function block_columns<T>(columns: i32, wo: i32): i32 {
  if (wo <= columns) return wo;
  const width = 2 * lanes<T>();
  return (even_part(wo, columns) + width - 1) / width * width;
}

/** Input elements that `outputs` neighbouring outputs look at along an axis. */
// @ts-ignore: decorator
@inline
export function reach(outputs: i32, stride: i32, kernel: i32, dilation: i32): i32 {
  return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
}

/** Bytes of a band: `channels` channels of what rows × columns outputs look at. */
// @ts-ignore: decorator
@inline
export function band_bytes<T>(p: usize, channels: i32, rows: i32, columns: i32): i64 {
  const height = reach(rows, load<i32>(p, SH), load<i32>(p, KH), load<i32>(p, DH));
  const width = reach(columns, load<i32>(p, SW), load<i32>(p, KW), load<i32>(p, DW));
  return <i64>channels * <i64>height * <i64>width * sizeof<T>();
}

/** Channels that `k` consecutive (channel, tap) pairs may touch. */
// @ts-ignore: decorator
@inline
export function channels_of(k: i32, taps: i32, channels: i32): i32 {
  return min(channels, (k + taps - 2) / taps + 1);
}

/** First output whose input, `shift` elements from its own, is inside the image. */
// @ts-ignore: decorator
@inline
export function first_inside(shift: i32, stride: i32): i32 {
  return shift >= 0 ? 0 : (stride - 1 - shift) / stride;
}

/** One past the last output whose input, `shift` elements from its own, is inside `extent`. */
// @ts-ignore: decorator
@inline
export function end_inside(shift: i32, stride: i32, extent: i32, outputs: i32): i32 {
  const last = extent - 1 - shift;
  return last < 0 ? 0 : min(outputs, last / stride + 1);
}
