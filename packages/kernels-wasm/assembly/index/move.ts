/** Moves elements whose meaning does not matter, only their width: 1, 4 or 8 bytes. */

/** From here on a call into the engine's own memmove is faster than a loop of vectors. */
const BULK: i32 = 256;

/** `bytes` bytes; the two areas do not overlap. */
// @ts-ignore: decorator
@inline
export function copy_bytes(dst: usize, src: usize, bytes: i32): void {
  if (bytes >= BULK) {
    memory.copy(dst, src, bytes);
    return;
  }
  let i = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(dst + i, v128.load(src + i));
  for (; i + 4 <= bytes; i += 4) store<u32>(dst + i, load<u32>(src + i));
  for (; i < bytes; i++) store<u8>(dst + i, load<u8>(src + i));
}

/** `n` elements of `width` bytes, `ds` and `ss` elements apart. */
// @ts-ignore: decorator
@inline
export function copy_elements(dst: usize, src: usize, n: i32, ds: i32, ss: i32, width: i32): void {
  if (ds == 1 && ss == 1) {
    copy_bytes(dst, src, n * width);
    return;
  }
  const dstep = <usize>(ds * width);
  const sstep = <usize>(ss * width);
  if (width == 4) {
    for (; n > 0; n--, dst += dstep, src += sstep) store<u32>(dst, load<u32>(src));
  } else if (width == 8) {
    for (; n > 0; n--, dst += dstep, src += sstep) store<u64>(dst, load<u64>(src));
  } else {
    for (; n > 0; n--, dst += dstep, src += sstep) store<u8>(dst, load<u8>(src));
  }
}

/** `n` neighbouring elements of `width` bytes with the bits `lo` (and `hi`). */
// @ts-ignore: decorator
@inline
export function fill_elements(dst: usize, n: i32, width: i32, lo: u32, hi: u32): void {
  if (width == 1) {
    memory.fill(dst, <u8>lo, n);
    return;
  }
  const pattern = width == 4 ? v128.splat<u32>(lo) : v128.splat<u64>((<u64>hi << 32) | <u64>lo);
  const bytes = n * width;
  let i = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(dst + i, pattern);
  if (width == 8) {
    if (i < bytes) v128.store_lane<u64>(dst + i, pattern, 0);
  } else {
    for (; i < bytes; i += 4) store<u32>(dst + i, lo);
  }
}
