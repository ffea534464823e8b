/** GEMM with few rows of A: bound by reading B once, so B is read in the order in which it is stored, and never packed. */
import { lanes, load_partial, load_splat, madd, store_partial } from "../lib/simd";

/**
 * C (m × n) = A · B for few rows, B (k × n): rows of B are added to C four at a time, all rows of C taking their turn, so that
 * B is read once. Element (i, p) of A is at a + i·rsa + p·ksa. The caller keeps n short enough for C and four rows of B in L1.
 */
export function rows_times_matrix<T>(
  c: usize, ldc: usize, a: usize, rsa: usize, ksa: usize, b: usize, ldb: usize, m: i32, n: i32, k: i32, fresh: bool,
): void {
  const whole = n - (n % lanes<T>());
  const bytes = <usize>whole * sizeof<T>();
  if (whole > 0) {
    let bp = b;
    let ap = a;
    for (let p = 0; p < k; ) {
      // The odd rows come first, so that the loop over fours is the last.
      const step = (k - p) & 3 ? 1 : 4;
      let ci = c;
      let ai = ap;
      for (let i = 0; i < m; i++) {
        if (step == 4) four_rows<T>(ci, ci + bytes, ai, ksa, bp, ldb, fresh && p == 0);
        else one_row<T>(ci, ci + bytes, ai, bp, fresh && p == 0);
        ci += ldc;
        ai += rsa;
      }
      p += step;
      ap += <usize>step * ksa;
      bp += <usize>step * ldb;
    }
  }
  if (n > whole) {
    for (let i = 0; i < m; i++) {
      let ap = a + <usize>i * rsa;
      let bp = b + bytes;
      const ci = c + <usize>i * ldc + bytes;
      let sum = fresh ? v128.splat<i32>(0) : v128.load(ci);
      for (let p = 0; p < k; p++) {
        sum = madd<T>(load_splat<T>(ap), v128.load(bp), sum);
        ap += ksa;
        bp += ldb;
      }
      store_partial<T>(ci, sum, n - whole);
    }
  }
}

function one_row<T>(c: usize, end: usize, a: usize, b: usize, fresh: bool): void {
  const x = load_splat<T>(a);
  for (; c < end; c += 16) {
    v128.store(c, madd<T>(x, v128.load(b), fresh ? v128.splat<i32>(0) : v128.load(c)));
    b += 16;
  }
}

function four_rows<T>(c: usize, end: usize, a: usize, sa: usize, b: usize, ldb: usize, fresh: bool): void {
  const x0 = load_splat<T>(a);
  const x1 = load_splat<T>(a + sa);
  const x2 = load_splat<T>(a + 2 * sa);
  const x3 = load_splat<T>(a + 3 * sa);
  let b1 = b + ldb;
  let b2 = b1 + ldb;
  let b3 = b2 + ldb;
  for (; c < end; c += 16) {
    let sum = madd<T>(x0, v128.load(b), fresh ? v128.splat<i32>(0) : v128.load(c));
    sum = madd<T>(x1, v128.load(b1), sum);
    sum = madd<T>(x2, v128.load(b2), sum);
    v128.store(c, madd<T>(x3, v128.load(b3), sum));
    b += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
  }
}

/**
 * C (m × n) = A · Bᵀ for few rows, B stored (n × k) with rows ldb bytes apart, rows of A contiguous: dot products, eight at a
 * time. Lane l sums the elements p ≡ l of k, then the lanes are added as (0 + 2) + (1 + 3), whatever m and n are.
 */
export function rows_times_transposed<T>(
  c: usize, ldc: usize, a: usize, rsa: usize, b: usize, ldb: usize, m: i32, n: i32, k: i32, fresh: bool,
): void {
  for (; n > 0; n -= 8) {
    for (let i = 0; i < m; i++) eight_dots<T>(c + <usize>i * ldc, a + <usize>i * rsa, b, ldb, n, k, fresh);
    c += 8 * sizeof<T>();
    b += 8 * ldb;
  }
}

/** A row that is missing repeats the last one. */
function eight_dots<T>(c: usize, a: usize, b0: usize, ldb: usize, n: i32, k: i32, fresh: bool): void {
  let b1 = n > 1 ? b0 + ldb : b0;
  let b2 = n > 2 ? b1 + ldb : b1;
  let b3 = n > 3 ? b2 + ldb : b2;
  let b4 = n > 4 ? b3 + ldb : b3;
  let b5 = n > 5 ? b4 + ldb : b4;
  let b6 = n > 6 ? b5 + ldb : b5;
  let b7 = n > 7 ? b6 + ldb : b6;
  let s0 = v128.splat<i32>(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (; k >= 2 * lanes<T>(); k -= 2 * lanes<T>()) {
    const x0 = v128.load(a);
    s0 = madd<T>(x0, v128.load(b0), s0);
    s1 = madd<T>(x0, v128.load(b1), s1);
    s2 = madd<T>(x0, v128.load(b2), s2);
    s3 = madd<T>(x0, v128.load(b3), s3);
    s4 = madd<T>(x0, v128.load(b4), s4);
    s5 = madd<T>(x0, v128.load(b5), s5);
    s6 = madd<T>(x0, v128.load(b6), s6);
    s7 = madd<T>(x0, v128.load(b7), s7);
    const x16 = v128.load(a, 16);
    s0 = madd<T>(x16, v128.load(b0, 16), s0);
    s1 = madd<T>(x16, v128.load(b1, 16), s1);
    s2 = madd<T>(x16, v128.load(b2, 16), s2);
    s3 = madd<T>(x16, v128.load(b3, 16), s3);
    s4 = madd<T>(x16, v128.load(b4, 16), s4);
    s5 = madd<T>(x16, v128.load(b5, 16), s5);
    s6 = madd<T>(x16, v128.load(b6, 16), s6);
    s7 = madd<T>(x16, v128.load(b7, 16), s7);
    a += 32;
    b0 += 32;
    b1 += 32;
    b2 += 32;
    b3 += 32;
    b4 += 32;
    b5 += 32;
    b6 += 32;
    b7 += 32;
  }
  if (k >= lanes<T>()) {
    const x0 = v128.load(a);
    s0 = madd<T>(x0, v128.load(b0), s0);
    s1 = madd<T>(x0, v128.load(b1), s1);
    s2 = madd<T>(x0, v128.load(b2), s2);
    s3 = madd<T>(x0, v128.load(b3), s3);
    s4 = madd<T>(x0, v128.load(b4), s4);
    s5 = madd<T>(x0, v128.load(b5), s5);
    s6 = madd<T>(x0, v128.load(b6), s6);
    s7 = madd<T>(x0, v128.load(b7), s7);
    a += 16;
    b0 += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
    b4 += 16;
    b5 += 16;
    b6 += 16;
    b7 += 16;
    k -= lanes<T>();
  }
  if (k > 0) {
    // What lies beyond k may be NaN, so both factors are cleared there.
    const mask = sizeof<T>() == 4 ? i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(k)) : i64x2(-1, 0);
    const x = load_partial<T>(a, k);
    s0 = madd<T>(x, v128.and(mask, v128.load(b0)), s0);
    s1 = madd<T>(x, v128.and(mask, v128.load(b1)), s1);
    s2 = madd<T>(x, v128.and(mask, v128.load(b2)), s2);
    s3 = madd<T>(x, v128.and(mask, v128.load(b3)), s3);
    s4 = madd<T>(x, v128.and(mask, v128.load(b4)), s4);
    s5 = madd<T>(x, v128.and(mask, v128.load(b5)), s5);
    s6 = madd<T>(x, v128.and(mask, v128.load(b6)), s6);
    s7 = madd<T>(x, v128.and(mask, v128.load(b7)), s7);
  }
  if (sizeof<T>() == 4) {
    put<T>(c, sums4(s0, s1, s2, s3), n, fresh);
    put<T>(c + 16, sums4(s4, s5, s6, s7), n - 4, fresh);
  } else {
    put<T>(c, sums2(s0, s1), n, fresh);
    put<T>(c + 16, sums2(s2, s3), n - 2, fresh);
    put<T>(c + 32, sums2(s4, s5), n - 4, fresh);
    put<T>(c + 48, sums2(s6, s7), n - 6, fresh);
  }
}

// @ts-ignore: decorator
@inline
function put<T>(c: usize, sums: v128, n: i32, fresh: bool): void {
  if (n > 0) store_partial<T>(c, fresh ? sums : v128.add<T>(v128.load(c), sums), n);
}

/** The sums of four f32 vectors as one vector, each in the order of hsum. */
// @ts-ignore: decorator
@inline
function sums4(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const s01 = f32x4.add(v128.shuffle<i64>(s0, s1, 0, 2), v128.shuffle<i64>(s0, s1, 1, 3));
  const s23 = f32x4.add(v128.shuffle<i64>(s2, s3, 0, 2), v128.shuffle<i64>(s2, s3, 1, 3));
  return f32x4.add(v128.shuffle<i32>(s01, s23, 0, 2, 4, 6), v128.shuffle<i32>(s01, s23, 1, 3, 5, 7));
}

// @ts-ignore: decorator
@inline
function sums2(s0: v128, s1: v128): v128 {
  return f64x2.add(v128.shuffle<i64>(s0, s1, 0, 2), v128.shuffle<i64>(s0, s1, 1, 3));
}
