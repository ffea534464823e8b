/**
 * Rows of stored weights widened to numbers: f16, bf16, int8 with a scale a row, and GGUF's blocks (ggml-common.h, ggml-quants.c). Runs begin and
 * end at whole blocks, or at the row's end. packages/engine/src/quant holds the same formats with their float64 references; the numbers are theirs.
 */
import { hidden_zero, pin32, pin_words } from "../pin";
import { INFINITE, load_f16, MAGNITUDE, REBASE, SIGN, SPECIAL, widen_f16 } from "./half";

export const F16: i32 = 0;
export const BF16: i32 = 1;
/** An f32 scale, then a byte per weight. */
export const I8: i32 = 2;
export const Q8_0: i32 = 3;
export const Q4_0: i32 = 4;
export const Q4_1: i32 = 5;
export const Q6_K: i32 = 6;

/** Elements from … from + n − 1 of a row at `row`, to `to`. May write up to 15 elements more. */
export function unpack<T>(format: i32, to: usize, row: usize, from: i32, n: i32): void {
  if (format == F16) unpack_16<T>(to, row + <usize>from * 2, n, false);
  else if (format == BF16) unpack_16<T>(to, row + <usize>from * 2, n, true);
  else if (format == I8) unpack_bytes<T>(to, row + 4 + <usize>from, n, load<f32>(row));
  else if (format == Q8_0) {
    for (let block = row + <usize>(from >> 5) * 34; n > 0; n -= 32) {
      unpack_bytes<T>(to, block + 2, 32, load_f16(block));
      block += 34;
      to += 32 * sizeof<T>();
    }
  } else if (format == Q4_0) {
    for (let block = row + <usize>(from >> 5) * 18; n > 0; n -= 32) {
      unpack_nibbles<T>(to, block + 2, load_f16(block), 8, 0);
      block += 18;
      to += 32 * sizeof<T>();
    }
  } else if (format == Q4_1) {
    for (let block = row + <usize>(from >> 5) * 20; n > 0; n -= 32) {
      unpack_nibbles<T>(to, block + 4, load_f16(block), 0, load_f16(block + 2));
      block += 20;
      to += 32 * sizeof<T>();
    }
  } else if (format == Q6_K) {
    for (let block = row + <usize>(from >> 8) * 210; n > 0; n -= 256) {
      unpack_q6<T>(to, block);
      block += 210;
      to += 256 * sizeof<T>();
    }
  }
}

/** Four numbers to four of T. */
// @ts-ignore: decorator
@inline
function put<T>(to: usize, x: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(to, x);
  } else {
    v128.store(to, f64x2.promote_low_f32x4(x));
    v128.store(to, f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 0)), 16);
  }
}

function unpack_16<T>(to: usize, from: usize, n: i32, brain: bool): void {
  const zero = hidden_zero(n);
  const magnitude = pin_words(MAGNITUDE, zero);
  const sign = pin_words(SIGN, zero);
  const rebase = pin32(REBASE, zero);
  const special = pin32(SPECIAL, zero);
  const infinite = pin_words(INFINITE, zero);
  for (; n > 0; n -= 4) {
    const bits = v128.load_ext<u16>(from);
    put<T>(to, brain ? v128.shl<i32>(bits, 16) : widen_f16(bits, magnitude, sign, rebase, special, infinite));
    from += 8;
    to += 4 * sizeof<T>();
  }
}

/** (q − offset) · d + least for four signed words, in the arithmetic of T; the constants are splats of T. */
// @ts-ignore: decorator
@inline
function four<T>(to: usize, words: v128, d: v128, offset: v128, least: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(to, v128.add<f32>(v128.mul<f32>(v128.sub<f32>(v128.convert<i32>(words), offset), d), least));
  } else {
    const low = f64x2.convert_low_i32x4_s(words);
    const high = f64x2.convert_low_i32x4_s(v128.shuffle<i64>(words, words, 1, 0));
    v128.store(to, v128.add<f64>(v128.mul<f64>(v128.sub<f64>(low, offset), d), least));
    v128.store(to, v128.add<f64>(v128.mul<f64>(v128.sub<f64>(high, offset), d), least), 16);
  }
}

/** Sixteen bytes, signed or not by how they were widened to 16-bit lanes. */
// @ts-ignore: decorator
@inline
function sixteen<T>(to: usize, low: v128, high: v128, d: v128, offset: v128, least: v128): void {
  four<T>(to, v128.extend_low<i16>(low), d, offset, least);
  four<T>(to + 4 * sizeof<T>(), v128.extend_high<i16>(low), d, offset, least);
  four<T>(to + 8 * sizeof<T>(), v128.extend_low<i16>(high), d, offset, least);
  four<T>(to + 12 * sizeof<T>(), v128.extend_high<i16>(high), d, offset, least);
}

function unpack_bytes<T>(to: usize, from: usize, n: i32, scale: f32): void {
  const d = v128.splat<T>(<T>scale);
  const none = v128.splat<T>(0);
  for (; n > 0; n -= 16) {
    const q = v128.load(from);
    sixteen<T>(to, v128.extend_low<i8>(q), v128.extend_high<i8>(q), d, none, none);
    from += 16;
    to += 16 * sizeof<T>();
  }
}

function unpack_nibbles<T>(to: usize, from: usize, scale: f32, shift: f32, least: f32): void {
  const d = v128.splat<T>(<T>scale);
  const offset = v128.splat<T>(<T>shift);
  const m = v128.splat<T>(<T>least);
  const q = v128.load(from);
  const low = v128.and(q, v128.splat<u8>(15));
  const high = v128.shr<u8>(q, 4);
  sixteen<T>(to, v128.extend_low<u8>(low), v128.extend_high<u8>(low), d, offset, m);
  sixteen<T>(to + 16 * sizeof<T>(), v128.extend_low<u8>(high), v128.extend_high<u8>(high), d, offset, m);
}

/** 256 weights of six bits: low nibbles (128 bytes), upper pairs (64 bytes), sixteen int8 scales, an f16 scale. */
function unpack_q6<T>(to: usize, block: usize): void {
  const scale = load_f16(block + 208);
  const offset = v128.splat<T>(32);
  const none = v128.splat<T>(0);
  const nibble = v128.splat<u8>(15);
  const pair = v128.splat<u8>(0x30);
  for (let half: usize = 0; half < 2; half++) {
    const ql = block + half * 64;
    const qh = block + 128 + half * 32;
    const sc = block + 192 + half * 8;
    for (let part: usize = 0; part < 2; part++) {
      const a = v128.load(ql + part * 16);
      const b = v128.load(ql + part * 16, 32);
      const h = v128.load(qh + part * 16);
      const at = to + (half * 128 + part * 16) * sizeof<T>();
      q6<T>(at, v128.or(v128.and(a, nibble), v128.and(v128.shl<i8>(h, 4), pair)), scale * <f32>load<i8>(sc + part), offset, none);
      q6<T>(at + 32 * sizeof<T>(), v128.or(v128.and(b, nibble), v128.and(v128.shl<i8>(h, 2), pair)), scale * <f32>load<i8>(sc + part, 2), offset, none);
      q6<T>(at + 64 * sizeof<T>(), v128.or(v128.shr<u8>(a, 4), v128.and(h, pair)), scale * <f32>load<i8>(sc + part, 4), offset, none);
      q6<T>(at + 96 * sizeof<T>(), v128.or(v128.shr<u8>(b, 4), v128.and(v128.shr<u8>(h, 2), pair)), scale * <f32>load<i8>(sc + part, 6), offset, none);
    }
  }
}

// @ts-ignore: decorator
@inline
function q6<T>(to: usize, q: v128, scale: f32, offset: v128, none: v128): void {
  sixteen<T>(to, v128.extend_low<u8>(q), v128.extend_high<u8>(q), v128.splat<T>(<T>scale), offset, none);
}
