/** Copies blocks of A and B into the order in which the register tile reads them. */
import { lanes } from "../lib/simd";
import { MR, PITCH_F32, PITCH_F64 } from "./table";

/**
 * B (k × n) into panels of two vectors' columns, k rows of 32 bytes each; columns beyond n hold anything.
 * B's element (p, j) is at b + p·ldb + j·sizeof<T>; ldb in bytes.
 */
export function pack_b<T>(d: usize, b: usize, ldb: usize, n: i32, k: i32): void {
  const width = 2 * lanes<T>();
  const panel = <usize>k << 5;
  for (; n >= 2 * width; n -= 2 * width) {
    // Two panels at a time use a whole cache line of B in f32.
    let s = b;
    for (const end = d + panel; d < end; d += 32) {
      v128.store(d, v128.load(s));
      v128.store(d, v128.load(s, 16), 16);
      v128.store(d + panel, v128.load(s, 32));
      v128.store(d + panel, v128.load(s, 48), 16);
      s += ldb;
    }
    d += panel;
    b += 64;
  }
  for (; n > lanes<T>(); n -= width) {
    let s = b;
    for (const end = d + panel; d < end; d += 32) {
      v128.store(d, v128.load(s));
      v128.store(d, v128.load(s, 16), 16);
      s += ldb;
    }
    b += 32;
  }
  if (n > 0) {
    for (const end = d + panel; d < end; d += 32) {
      v128.store(d, v128.load(b));
      b += ldb;
    }
  }
}

/** As pack_b, for B stored transposed: element (p, j) is at b + j·ldb + p·sizeof<T>. */
export function pack_b_transposed<T>(d: usize, b: usize, ldb: usize, n: i32, k: i32): void {
  for (; n > 0; n -= lanes<T>() * 2) {
    half_panel<T>(d, b, ldb, n, k);
    if (n > lanes<T>()) half_panel<T>(d + 16, b + <usize>lanes<T>() * ldb, ldb, n - lanes<T>(), k);
    d += <usize>k << 5;
    b += <usize>(2 * lanes<T>()) * ldb;
  }
}

/** One vector's columns: up to lanes<T>() rows of the stored matrix; a row that is missing is read twice instead. */
function half_panel<T>(d: usize, b: usize, ldb: usize, n: i32, k: i32): void {
  let b0 = b;
  let b1 = n > 1 ? b0 + ldb : b0;
  if (sizeof<T>() == 4) {
    let b2 = n > 2 ? b1 + ldb : b1;
    let b3 = n > 3 ? b2 + ldb : b2;
    for (; k >= 4; k -= 4) {
      const r0 = v128.load(b0);
      const r1 = v128.load(b1);
      const r2 = v128.load(b2);
      const r3 = v128.load(b3);
      const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      v128.store(d, v128.shuffle<i64>(low01, low23, 0, 2));
      v128.store(d, v128.shuffle<i64>(low01, low23, 1, 3), 32);
      v128.store(d, v128.shuffle<i64>(high01, high23, 0, 2), 64);
      v128.store(d, v128.shuffle<i64>(high01, high23, 1, 3), 96);
      d += 128;
      b0 += 16;
      b1 += 16;
      b2 += 16;
      b3 += 16;
    }
    for (; k > 0; k--) {
      store<f32>(d, load<f32>(b0));
      store<f32>(d, load<f32>(b1), 4);
      store<f32>(d, load<f32>(b2), 8);
      store<f32>(d, load<f32>(b3), 12);
      d += 32;
      b0 += 4;
      b1 += 4;
      b2 += 4;
      b3 += 4;
    }
  } else {
    for (; k >= 2; k -= 2) {
      const r0 = v128.load(b0);
      const r1 = v128.load(b1);
      v128.store(d, v128.shuffle<i64>(r0, r1, 0, 2));
      v128.store(d, v128.shuffle<i64>(r0, r1, 1, 3), 32);
      d += 64;
      b0 += 16;
      b1 += 16;
    }
    if (k > 0) {
      store<f64>(d, load<f64>(b0));
      store<f64>(d, load<f64>(b1), 8);
    }
  }
}

/** A strip of A stored transposed: `rows` (1..MR) adjacent elements for each k are brought close together. */
export function pack_a_transposed<T>(d: usize, a: usize, lda: usize, rows: i32, k: i32): void {
  const step = <usize>MR * sizeof<T>();
  if (rows == MR) {
    for (; k > 0; k--) {
      v128.store(d, v128.load(a));
      if (sizeof<T>() == 4) {
        store<i64>(d, load<i64>(a, 16), 16);
      } else {
        v128.store(d, v128.load(a, 16), 16);
        v128.store(d, v128.load(a, 32), 32);
      }
      d += step;
      a += lda;
    }
  } else {
    for (; k > 0; k--) {
      for (let r: usize = 0; r < <usize>rows * sizeof<T>(); r += sizeof<T>()) store<T>(d + r, load<T>(a + r));
      d += step;
      a += lda;
    }
  }
}

/** MR rows of A, `stride` bytes apart, are copied to where they lie PITCH bytes apart; up to 28 bytes behind a row are touched. */
export function gather_rows<T>(d: usize, a: usize, stride: usize, k: i32): void {
  const bytes = <usize>k * sizeof<T>();
  for (let r = 0; r < MR; r++) {
    for (let i: usize = 0; i < bytes; i += 32) {
      v128.store(d + i, v128.load(a + i));
      v128.store(d + i, v128.load(a + i, 16), 16);
    }
    a += stride;
    d += sizeof<T>() == 4 ? PITCH_F32 : PITCH_F64;
  }
}
