/**
 * The register tile of GEMM: a strip of 1..6 rows of C against all columns of a block, k upwards from C (or from zero),
 * one multiply-add per element and k, so that no blocking and no partition changes a bit.
 */
import { lanes, load_splat, madd, store_partial } from "../lib/simd";

/** Element r of the MR adjacent elements at p. V8 takes only literal offsets. */
// @ts-ignore: decorator
@inline
function adjacent1<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(p, 4) : v128.load64_splat(p, 8);
}
// @ts-ignore: decorator
@inline
function adjacent2<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(p, 8) : v128.load64_splat(p, 16);
}
// @ts-ignore: decorator
@inline
function adjacent3<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(p, 12) : v128.load64_splat(p, 24);
}
// @ts-ignore: decorator
@inline
function adjacent4<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(p, 16) : v128.load64_splat(p, 32);
}
// @ts-ignore: decorator
@inline
function adjacent5<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(p, 20) : v128.load64_splat(p, 40);
}

/**
 * R and ADJACENT are literals at every call, so that each instance keeps R·2 accumulators and nothing else.
 * ADJACENT: element (r, p) of A is at a + r·sizeof<T> + p·stride, and one pointer serves all rows; else at a + r·stride + p·sizeof<T>,
 * and steps are literal (a runtime step costs 7 %).
 * B's panels are `panel` bytes apart and their rows `bs`; strides in bytes, n in elements. `fresh`: C's old values do not count.
 */
// @ts-ignore: decorator
@inline
function strip<T>(
  R: i32, ADJACENT: bool, a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize,
  n: i32, k: i32, fresh: bool,
): void {
  const width = 2 * lanes<T>();
  for (; n > lanes<T>(); n -= width) {
    const c1 = c + ldc;
    const c2 = c1 + ldc;
    const c3 = c2 + ldc;
    const c4 = c3 + ldc;
    const c5 = c4 + ldc;
    let c00 = v128.splat<i32>(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
    let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
    if (!fresh) {
      c00 = v128.load(c);
      c01 = v128.load(c, 16);
      if (R > 1) { c10 = v128.load(c1); c11 = v128.load(c1, 16); }
      if (R > 2) { c20 = v128.load(c2); c21 = v128.load(c2, 16); }
      if (R > 3) { c30 = v128.load(c3); c31 = v128.load(c3, 16); }
      if (R > 4) { c40 = v128.load(c4); c41 = v128.load(c4, 16); }
      if (R > 5) { c50 = v128.load(c5); c51 = v128.load(c5, 16); }
    }
    let a0 = a;
    let a1 = a + stride;
    let a2 = a + 2 * stride;
    let a3 = a + 3 * stride;
    let a4 = a + 4 * stride;
    let a5 = a + 5 * stride;
    let bp = b;
    let p = k;
    do {
      const b0 = v128.load(bp);
      const b1 = v128.load(bp, 16);
      let x = load_splat<T>(a0);
      c00 = madd<T>(x, b0, c00);
      c01 = madd<T>(x, b1, c01);
      if (R > 1) {
        x = ADJACENT ? adjacent1<T>(a0) : load_splat<T>(a1);
        c10 = madd<T>(x, b0, c10);
        c11 = madd<T>(x, b1, c11);
      }
      if (R > 2) {
        x = ADJACENT ? adjacent2<T>(a0) : load_splat<T>(a2);
        c20 = madd<T>(x, b0, c20);
        c21 = madd<T>(x, b1, c21);
      }
      if (R > 3) {
        x = ADJACENT ? adjacent3<T>(a0) : load_splat<T>(a3);
        c30 = madd<T>(x, b0, c30);
        c31 = madd<T>(x, b1, c31);
      }
      if (R > 4) {
        x = ADJACENT ? adjacent4<T>(a0) : load_splat<T>(a4);
        c40 = madd<T>(x, b0, c40);
        c41 = madd<T>(x, b1, c41);
      }
      if (R > 5) {
        x = ADJACENT ? adjacent5<T>(a0) : load_splat<T>(a5);
        c50 = madd<T>(x, b0, c50);
        c51 = madd<T>(x, b1, c51);
      }
      if (ADJACENT) {
        a0 += stride;
      } else {
        a0 += sizeof<T>();
        a1 += sizeof<T>();
        a2 += sizeof<T>();
        a3 += sizeof<T>();
        a4 += sizeof<T>();
        a5 += sizeof<T>();
      }
      bp += bs;
    } while (--p);
    v128.store(c, c00);
    if (R > 1) v128.store(c1, c10);
    if (R > 2) v128.store(c2, c20);
    if (R > 3) v128.store(c3, c30);
    if (R > 4) v128.store(c4, c40);
    if (R > 5) v128.store(c5, c50);
    if (n >= width) {
      v128.store(c, c01, 16);
      if (R > 1) v128.store(c1, c11, 16);
      if (R > 2) v128.store(c2, c21, 16);
      if (R > 3) v128.store(c3, c31, 16);
      if (R > 4) v128.store(c4, c41, 16);
      if (R > 5) v128.store(c5, c51, 16);
    } else {
      const rest = n - lanes<T>();
      store_partial<T>(c + 16, c01, rest);
      if (R > 1) store_partial<T>(c1 + 16, c11, rest);
      if (R > 2) store_partial<T>(c2 + 16, c21, rest);
      if (R > 3) store_partial<T>(c3 + 16, c31, rest);
      if (R > 4) store_partial<T>(c4 + 16, c41, rest);
      if (R > 5) store_partial<T>(c5 + 16, c51, rest);
    }
    c += 32;
    b += panel;
  }
  if (n > 0) {
    const c1 = c + ldc;
    const c2 = c1 + ldc;
    const c3 = c2 + ldc;
    const c4 = c3 + ldc;
    const c5 = c4 + ldc;
    let c00 = v128.splat<i32>(0), c10 = c00, c20 = c00, c30 = c00, c40 = c00, c50 = c00;
    if (!fresh) {
      c00 = v128.load(c);
      if (R > 1) c10 = v128.load(c1);
      if (R > 2) c20 = v128.load(c2);
      if (R > 3) c30 = v128.load(c3);
      if (R > 4) c40 = v128.load(c4);
      if (R > 5) c50 = v128.load(c5);
    }
    let a0 = a;
    let a1 = a + stride;
    let a2 = a + 2 * stride;
    let a3 = a + 3 * stride;
    let a4 = a + 4 * stride;
    let a5 = a + 5 * stride;
    do {
      const b0 = v128.load(b);
      c00 = madd<T>(load_splat<T>(a0), b0, c00);
      if (R > 1) c10 = madd<T>(ADJACENT ? adjacent1<T>(a0) : load_splat<T>(a1), b0, c10);
      if (R > 2) c20 = madd<T>(ADJACENT ? adjacent2<T>(a0) : load_splat<T>(a2), b0, c20);
      if (R > 3) c30 = madd<T>(ADJACENT ? adjacent3<T>(a0) : load_splat<T>(a3), b0, c30);
      if (R > 4) c40 = madd<T>(ADJACENT ? adjacent4<T>(a0) : load_splat<T>(a4), b0, c40);
      if (R > 5) c50 = madd<T>(ADJACENT ? adjacent5<T>(a0) : load_splat<T>(a5), b0, c50);
      if (ADJACENT) {
        a0 += stride;
      } else {
        a0 += sizeof<T>();
        a1 += sizeof<T>();
        a2 += sizeof<T>();
        a3 += sizeof<T>();
        a4 += sizeof<T>();
        a5 += sizeof<T>();
      }
      b += bs;
    } while (--k);
    store_partial<T>(c, c00, n);
    if (R > 1) store_partial<T>(c1, c10, n);
    if (R > 2) store_partial<T>(c2, c20, n);
    if (R > 3) store_partial<T>(c3, c30, n);
    if (R > 4) store_partial<T>(c4, c40, n);
    if (R > 5) store_partial<T>(c5, c50, n);
  }
}

/** A strip of `rows` (1..6) rows of A, `stride` bytes apart, each contiguous in k. */
export function strip_rows<T>(
  rows: i32, a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool,
): void {
  switch (rows) {
    case 6: return rows6<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 5: return rows5<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 4: return rows4<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 3: return rows3<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 2: return rows2<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    default: return rows1<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
  }
}

/** A strip whose `rows` (1..6) elements of A lie side by side for each k, `stride` bytes apart from k to k + 1. */
export function strip_adjacent<T>(
  rows: i32, a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool,
): void {
  switch (rows) {
    case 6: return adjacent_rows6<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 5: return adjacent_rows5<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 4: return adjacent_rows4<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 3: return adjacent_rows3<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    case 2: return adjacent_rows2<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
    default: return adjacent_rows1<T>(a, stride, b, bs, panel, c, ldc, n, k, fresh);
  }
}

function rows1<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(1, false, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows2<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(2, false, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows3<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(3, false, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows4<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(4, false, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows5<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(5, false, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows6<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(6, false, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows1<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(1, true, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows2<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(2, true, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows3<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(3, true, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows4<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(4, true, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows5<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(5, true, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows6<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(6, true, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
