/**
 * Panels of integer products widened to numbers. The layout is that of packages/engine/src/quant/panels.ts: eight channels a panel, whose bytes lie in groups
 * of four weights of each. Formats have the numbers of their rows (unpack.ts); I8 are weights of seven bits with a scale a channel.
 */
import { I8, Q4_0, Q4_1, Q8_0 } from "./unpack";

/** Bytes of a panel whose channels have k weights, before those of columns that stay exact. */
export function tail_of(format: i32, k: i32): usize {
  if (format == I8) return 32 + (<usize>((k + 3) >> 2) << 5);
  return <usize>(k >> 5) * block_bytes(format);
}

/** Columns that stay exact in a panel of so many bytes: eight weights of each, and its number. */
export function outliers_in(format: i32, bytes: usize, k: i32): i32 {
  return <i32>((bytes - tail_of(format, k)) / 36);
}

// @ts-ignore: decorator
@inline
function block_bytes(format: i32): usize {
  return format == Q8_0 ? 288 : format == Q4_0 ? 160 : 192;
}

/** Weights 4 · group … 4 · group + 3 of a panel's eight channels: a channel's four to `to`, the next one's `step` bytes behind. */
export function widen_group<T>(format: i32, to: usize, step: usize, panel: usize, group: i32): void {
  if (format == I8) {
    const q = panel + 32 + (<usize>group << 5);
    const offset = v128.splat<i16>(64);
    four_channels<T>(false, to, step, less(v128.load(q), offset, true), less(v128.load(q), offset, false), panel);
    four_channels<T>(false, to + 4 * step, step, less(v128.load(q, 16), offset, true), less(v128.load(q, 16), offset, false), panel + 16);
    return;
  }
  const block = panel + <usize>(group >> 3) * block_bytes(format);
  const place = <usize>(group & 7);
  if (format == Q8_0) {
    const low = v128.load(block + 32 + (place << 5));
    const high = v128.load(block + 32 + (place << 5), 16);
    four_channels<T>(false, to, step, v128.extend_low<i8>(low), v128.extend_high<i8>(low), block);
    four_channels<T>(false, to + 4 * step, step, v128.extend_low<i8>(high), v128.extend_high<i8>(high), block + 16);
    return;
  }
  const q = v128.load(block + (format == Q4_1 ? 64 : 32) + (place << 4));
  const low = v128.and(q, v128.splat<u8>(15));
  const high = v128.shr<u8>(q, 4);
  if (format == Q4_0) {
    const offset = v128.splat<i16>(8);
    four_channels<T>(false, to, step, less(low, offset, true), less(low, offset, false), block);
    four_channels<T>(false, to + 4 * step, step, less(high, offset, true), less(high, offset, false), block + 16);
  } else {
    four_channels<T>(true, to, step, v128.extend_low<u8>(low), v128.extend_high<u8>(low), block);
    four_channels<T>(true, to + 4 * step, step, v128.extend_low<u8>(high), v128.extend_high<u8>(high), block + 16);
  }
}

/** The same for columns that stay exact: what stands in those of the group is overwritten. `tail` is where a panel has them. */
export function widen_outliers<T>(to: usize, step: usize, tail: usize, outliers: i32, group: i32): void {
  for (let e: usize = 0; e < <usize>outliers; e++) {
    const column = load<i32>(tail + (<usize>outliers << 5) + (e << 2));
    if (column >> 2 != group) continue;
    for (let channel: usize = 0; channel < 8; channel++) {
      store<T>(to + channel * step + <usize>(column & 3) * sizeof<T>(), <T>load<f32>(tail + (e << 5) + (channel << 2)));
    }
  }
}

/** Half of sixteen bytes as words less an offset. */
// @ts-ignore: decorator
@inline
function less(bytes: v128, offset: v128, low: bool): v128 {
  return v128.sub<i16>(low ? v128.extend_low<u8>(bytes) : v128.extend_high<u8>(bytes), offset);
}

/** Words of two channels and of the next two; their scales, and 32 bytes behind those their least values, where there are such. */
// @ts-ignore: decorator
@inline
function four_channels<T>(LEAST: bool, to: usize, step: usize, first: v128, second: v128, scales: usize): void {
  channel<T>(LEAST, to, v128.extend_low<i16>(first), scales);
  channel<T>(LEAST, to + step, v128.extend_high<i16>(first), scales + 4);
  channel<T>(LEAST, to + 2 * step, v128.extend_low<i16>(second), scales + 8);
  channel<T>(LEAST, to + 3 * step, v128.extend_high<i16>(second), scales + 12);
}

// @ts-ignore: decorator
@inline
function channel<T>(LEAST: bool, to: usize, words: v128, scale: usize): void {
  const d = v128.splat<T>(<T>load<f32>(scale));
  if (sizeof<T>() == 4) {
    let x = v128.mul<f32>(v128.convert<i32>(words), d);
    if (LEAST) x = v128.add<f32>(x, v128.load32_splat(scale, 32));
    v128.store(to, x);
  } else {
    let low = v128.mul<f64>(f64x2.convert_low_i32x4_s(words), d);
    let high = v128.mul<f64>(f64x2.convert_low_i32x4_s(v128.shuffle<i64>(words, words, 1, 0)), d);
    if (LEAST) {
      const least = v128.splat<f64>(<f64>load<f32>(scale, 32));
      low = v128.add<f64>(low, least);
      high = v128.add<f64>(high, least);
    }
    v128.store(to, low);
    v128.store(to, high, 16);
  }
}
