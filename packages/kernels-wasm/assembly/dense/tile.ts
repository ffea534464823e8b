/**
 * The register tile of GEMM: a strip of 1..6 rows of C against all columns of a block, k upwards from C (or from zero),
 * one multiply-add per element and k, so that no blocking and no partition changes a bit.
 */
import { lanes, load_splat, madd, store_partial } from "../lib/simd";
import { gather_rows } from "./pack";
import { MR, PITCH_F32, PITCH_F64 } from "./table";

/** Where a strip of A lies: rows in place, each with a pointer; elements of one k side by side; or rows gathered at a literal distance (gather_rows). */
const ROWS: i32 = 0;
const ADJACENT: i32 = 1;
const GATHERED: i32 = 2;

/** Element of row R where p is the address of row 0's and `row` that of its own. V8 takes only literal offsets, AssemblyScript no products of parameters. */
// @ts-ignore: decorator
@inline
function element<T>(R: i32, WAY: i32, p: usize, row: usize): v128 {
  const narrow = sizeof<T>() == 4;
  if (WAY == ROWS) return load_splat<T>(row);
  if (WAY == ADJACENT) {
    if (R == 1) return narrow ? v128.load32_splat(p, 4) : v128.load64_splat(p, 8);
    if (R == 2) return narrow ? v128.load32_splat(p, 8) : v128.load64_splat(p, 16);
    if (R == 3) return narrow ? v128.load32_splat(p, 12) : v128.load64_splat(p, 24);
    if (R == 4) return narrow ? v128.load32_splat(p, 16) : v128.load64_splat(p, 32);
    return narrow ? v128.load32_splat(p, 20) : v128.load64_splat(p, 40);
  }
  if (R == 1) return narrow ? v128.load32_splat(p, PITCH_F32) : v128.load64_splat(p, PITCH_F64);
  if (R == 2) return narrow ? v128.load32_splat(p, 2 * PITCH_F32) : v128.load64_splat(p, 2 * PITCH_F64);
  if (R == 3) return narrow ? v128.load32_splat(p, 3 * PITCH_F32) : v128.load64_splat(p, 3 * PITCH_F64);
  if (R == 4) return narrow ? v128.load32_splat(p, 4 * PITCH_F32) : v128.load64_splat(p, 4 * PITCH_F64);
  return narrow ? v128.load32_splat(p, 5 * PITCH_F32) : v128.load64_splat(p, 5 * PITCH_F64);
}

/**
 * R and WAY are literals at every call, so that each instance keeps R·2 accumulators and nothing else.
 * ADJACENT: element (r, p) of A is at a + r·sizeof<T> + p·stride; else at a + r·stride + p·sizeof<T>, and steps are literal (a runtime step costs 7 %).
 * B's panels are `panel` bytes apart and their rows `bs`; strides in bytes, n in elements. `fresh`: C's old values do not count.
 */
// @ts-ignore: decorator
@inline
function strip<T>(
  R: i32, WAY: i32, a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize,
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
        x = element<T>(1, WAY, a0, a1);
        c10 = madd<T>(x, b0, c10);
        c11 = madd<T>(x, b1, c11);
      }
      if (R > 2) {
        x = element<T>(2, WAY, a0, a2);
        c20 = madd<T>(x, b0, c20);
        c21 = madd<T>(x, b1, c21);
      }
      if (R > 3) {
        x = element<T>(3, WAY, a0, a3);
        c30 = madd<T>(x, b0, c30);
        c31 = madd<T>(x, b1, c31);
      }
      if (R > 4) {
        x = element<T>(4, WAY, a0, a4);
        c40 = madd<T>(x, b0, c40);
        c41 = madd<T>(x, b1, c41);
      }
      if (R > 5) {
        x = element<T>(5, WAY, a0, a5);
        c50 = madd<T>(x, b0, c50);
        c51 = madd<T>(x, b1, c51);
      }
      a0 += WAY == ADJACENT ? stride : sizeof<T>();
      if (WAY == ROWS) {
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
      if (R > 1) c10 = madd<T>(element<T>(1, WAY, a0, a1), b0, c10);
      if (R > 2) c20 = madd<T>(element<T>(2, WAY, a0, a2), b0, c20);
      if (R > 3) c30 = madd<T>(element<T>(3, WAY, a0, a3), b0, c30);
      if (R > 4) c40 = madd<T>(element<T>(4, WAY, a0, a4), b0, c40);
      if (R > 5) c50 = madd<T>(element<T>(5, WAY, a0, a5), b0, c50);
      a0 += WAY == ADJACENT ? stride : sizeof<T>();
      if (WAY == ROWS) {
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

/**
 * A strip of `rows` (1..6) rows of A, `stride` bytes apart, each contiguous in k, which is at most 2 · KC. Whole strips are gathered in `room`, of STRIP_BYTES,
 * first.
 */
export function strip_rows<T>(
  rows: i32, a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool, room: usize,
): void {
  switch (rows) {
    case MR: return gathered_rows<T>(room, a, stride, b, bs, panel, c, ldc, n, k, fresh);
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

function gathered_rows<T>(
  room: usize, a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool,
): void {
  gather_rows<T>(room, a, stride, k);
  strip<T>(MR, GATHERED, room, 0, b, bs, panel, c, ldc, n, k, fresh);
}
function rows1<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(1, ROWS, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows2<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(2, ROWS, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows3<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(3, ROWS, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows4<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(4, ROWS, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function rows5<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(5, ROWS, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows1<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(1, ADJACENT, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows2<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(2, ADJACENT, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows3<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(3, ADJACENT, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows4<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(4, ADJACENT, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows5<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(5, ADJACENT, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
function adjacent_rows6<T>(a: usize, stride: usize, b: usize, bs: usize, panel: usize, c: usize, ldc: usize, n: i32, k: i32, fresh: bool): void {
  strip<T>(6, ADJACENT, a, stride, b, bs, panel, c, ldc, n, k, fresh);
}
