/** Bytes of rows and channels brought into the order in which tiles of integers read them. */

/** Four rows at `from`, `bytes` (a multiple of 16) apart, by fours of bytes in turn. */
export function interleave(to: usize, from: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 16) {
    transpose(to, v128.load(from), v128.load(from + bytes), v128.load(from + 2 * bytes), v128.load(from + 3 * bytes));
    to += 64;
  }
}

/** The same with every byte made a word: pairs of words in turn. */
export function interleave_wide(to: usize, from: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 16) {
    const r0 = v128.load(from);
    const r1 = v128.load(from + bytes);
    const r2 = v128.load(from + 2 * bytes);
    const r3 = v128.load(from + 3 * bytes);
    transpose(to, v128.extend_low<i8>(r0), v128.extend_low<i8>(r1), v128.extend_low<i8>(r2), v128.extend_low<i8>(r3));
    transpose(to + 64, v128.extend_high<i8>(r0), v128.extend_high<i8>(r1), v128.extend_high<i8>(r2), v128.extend_high<i8>(r3));
    to += 128;
  }
}

/** Writes four vectors as the columns of a 4 × 4 matrix of 32-bit lanes. */
// @ts-ignore: decorator
@inline
function transpose(to: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48);
}

/** A panel's groups (eight channels × four bytes of w + 64) as words of w: for each pair of weights, eight channels × two words. */
export function widen_panel(to: usize, from: usize, groups: i32): void {
  const offset = v128.splat<i16>(64);
  for (const end = from + (<usize>groups << 5); from < end; from += 32) {
    for (let half: usize = 0; half < 32; half += 16) {
      const q = v128.load(from + half);
      const low = v128.sub<i16>(v128.extend_low<u8>(q), offset);
      const high = v128.sub<i16>(v128.extend_high<u8>(q), offset);
      v128.store(to + half, v128.shuffle<i32>(low, high, 0, 2, 4, 6));
      v128.store(to + half, v128.shuffle<i32>(low, high, 1, 3, 5, 7), 32);
    }
    to += 64;
  }
}
