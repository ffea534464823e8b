/**
 * Stages of the Stockham transform, which sorts itself (Cochran et al. 1967; Van Loan 1992, §1.7). A stage of radix p takes the s interleaved sequences of n = p·m
 * numbers at x to p·s of m numbers at y:
 *   y[q + s (p j + t)] = W_n^(j t) Σ_k x[q + s (j + m k)] e^(−2πi k t / p),  0 ≤ q < s, 0 ≤ j < m.
 * `table` holds W_N^i = e^(−2πi i / N) for the whole transform's N = n s, so that W_n^j is its entry s j. No two of y's elements are written twice.
 */
import { nmadd, madd, splat } from "../lib/simd";
import { exchanged, im_factor, im_signs, load_complex, product, re_factor, store_complex, times, turned, width } from "./complex";

/** Bytes of a complex number. */
// @ts-ignore: decorator
@inline
export function size_of<T>(): usize {
  return 2 * sizeof<T>();
}

export function radix_2<T>(y: usize, x: usize, m: i32, s: i32, table: usize): void {
  const block = <usize>s * size_of<T>();
  const far = <usize>m * block;
  for (let j = 0; j < m; j++) {
    const w = table + <usize>j * block;
    const re = re_factor<T>(w);
    const im = im_factor<T>(w);
    let from = x + <usize>j * block;
    let to = y + <usize>(2 * j) * block;
    for (let left = s; left > 0; left -= width<T>()) {
      const a = load_complex<T>(from, left);
      const b = load_complex<T>(from + far, left);
      store_complex<T>(to, v128.add<T>(a, b), left);
      store_complex<T>(to + block, times<T>(v128.sub<T>(a, b), re, im), left);
      from += 16;
      to += 16;
    }
  }
}

export function radix_3<T>(y: usize, x: usize, m: i32, s: i32, table: usize): void {
  const block = <usize>s * size_of<T>();
  const far = <usize>m * block;
  const half = splat<T>(<T>0.5);
  const sine = splat<T>(<T>0.8660254037844386);
  for (let j = 0; j < m; j++) {
    const w = table + <usize>j * block;
    const re1 = re_factor<T>(w);
    const im1 = im_factor<T>(w);
    const w2 = table + <usize>(2 * j) * block;
    const re2 = re_factor<T>(w2);
    const im2 = im_factor<T>(w2);
    let from = x + <usize>j * block;
    let to = y + <usize>(3 * j) * block;
    for (let left = s; left > 0; left -= width<T>()) {
      const a = load_complex<T>(from, left);
      const b = load_complex<T>(from + far, left);
      const c = load_complex<T>(from + 2 * far, left);
      const sum = v128.add<T>(b, c);
      const middle = nmadd<T>(sum, half, a);
      const side = turned<T>(v128.mul<T>(v128.sub<T>(b, c), sine));
      store_complex<T>(to, v128.add<T>(a, sum), left);
      store_complex<T>(to + block, times<T>(v128.add<T>(middle, side), re1, im1), left);
      store_complex<T>(to + 2 * block, times<T>(v128.sub<T>(middle, side), re2, im2), left);
      from += 16;
      to += 16;
    }
  }
}

/** The first stage of f32, s = 1: two neighbouring j to a vector, whose results change places at the end. m is even. */
function radix_4_pairs(y: usize, x: usize, m: i32, table: usize): void {
  const far = <usize>m * 8;
  for (let j: usize = 0; j < <usize>m; j += 2) {
    const from = x + j * 8;
    const a = v128.load(from);
    const b = v128.load(from + far);
    const c = v128.load(from + 2 * far);
    const d = v128.load(from + 3 * far);
    const w1 = v128.load(table + j * 8);
    const w2 = v128.load64_lane(table + j * 16 + 16, v128.load64_zero(table + j * 16), 1);
    const w3 = v128.load64_lane(table + j * 24 + 24, v128.load64_zero(table + j * 24), 1);
    const p = v128.add<f32>(a, c);
    const q = v128.sub<f32>(a, c);
    const r = v128.add<f32>(b, d);
    const t = turned<f32>(v128.sub<f32>(b, d));
    const y0 = v128.add<f32>(p, r);
    const y1 = product<f32>(v128.add<f32>(q, t), w1);
    const y2 = product<f32>(v128.sub<f32>(p, r), w2);
    const y3 = product<f32>(v128.sub<f32>(q, t), w3);
    const to = y + j * 32;
    v128.store(to, v128.shuffle<i64>(y0, y1, 0, 2));
    v128.store(to, v128.shuffle<i64>(y2, y3, 0, 2), 16);
    v128.store(to, v128.shuffle<i64>(y0, y1, 1, 3), 32);
    v128.store(to, v128.shuffle<i64>(y2, y3, 1, 3), 48);
  }
}

export function radix_4<T>(y: usize, x: usize, m: i32, s: i32, table: usize): void {
  if (sizeof<T>() == 4 && s == 1 && (m & 1) == 0) {
    radix_4_pairs(y, x, m, table);
    return;
  }
  const block = <usize>s * size_of<T>();
  const far = <usize>m * block;
  for (let j = 0; j < m; j++) {
    const w1 = table + <usize>j * block;
    const re1 = re_factor<T>(w1);
    const im1 = im_factor<T>(w1);
    const w2 = table + <usize>(2 * j) * block;
    const re2 = re_factor<T>(w2);
    const im2 = im_factor<T>(w2);
    const w3 = table + <usize>(3 * j) * block;
    const re3 = re_factor<T>(w3);
    const im3 = im_factor<T>(w3);
    let from = x + <usize>j * block;
    let to = y + <usize>(4 * j) * block;
    for (let left = s; left > 0; left -= width<T>()) {
      const a = load_complex<T>(from, left);
      const b = load_complex<T>(from + far, left);
      const c = load_complex<T>(from + 2 * far, left);
      const d = load_complex<T>(from + 3 * far, left);
      const p = v128.add<T>(a, c);
      const q = v128.sub<T>(a, c);
      const r = v128.add<T>(b, d);
      const t = turned<T>(v128.sub<T>(b, d));
      store_complex<T>(to, v128.add<T>(p, r), left);
      store_complex<T>(to + block, times<T>(v128.add<T>(q, t), re1, im1), left);
      store_complex<T>(to + 2 * block, times<T>(v128.sub<T>(p, r), re2, im2), left);
      store_complex<T>(to + 3 * block, times<T>(v128.sub<T>(q, t), re3, im3), left);
      from += 16;
      to += 16;
    }
  }
}

export function radix_5<T>(y: usize, x: usize, m: i32, s: i32, table: usize): void {
  const block = <usize>s * size_of<T>();
  const far = <usize>m * block;
  const c1 = splat<T>(<T>0.30901699437494745);
  const c2 = splat<T>(<T>-0.8090169943749475);
  const s1 = splat<T>(<T>0.9510565162951535);
  const s2 = splat<T>(<T>0.5877852522924731);
  for (let j = 0; j < m; j++) {
    const step = <usize>j * block;
    const w = table;
    let from = x + step;
    let to = y + 5 * step;
    for (let left = s; left > 0; left -= width<T>()) {
      const a = load_complex<T>(from, left);
      const b = load_complex<T>(from + far, left);
      const c = load_complex<T>(from + 2 * far, left);
      const d = load_complex<T>(from + 3 * far, left);
      const e = load_complex<T>(from + 4 * far, left);
      const p = v128.add<T>(b, e);
      const q = v128.add<T>(c, d);
      const u = v128.sub<T>(b, e);
      const v = v128.sub<T>(c, d);
      const m1 = madd<T>(q, c2, madd<T>(p, c1, a));
      const m2 = madd<T>(q, c1, madd<T>(p, c2, a));
      const d1 = turned<T>(madd<T>(v, s2, v128.mul<T>(u, s1)));
      const d2 = turned<T>(nmadd<T>(v, s1, v128.mul<T>(u, s2)));
      store_complex<T>(to, v128.add<T>(a, v128.add<T>(p, q)), left);
      const t1 = w + step;
      store_complex<T>(to + block, times<T>(v128.add<T>(m1, d1), re_factor<T>(t1), im_factor<T>(t1)), left);
      const t2 = w + 2 * step;
      store_complex<T>(to + 2 * block, times<T>(v128.add<T>(m2, d2), re_factor<T>(t2), im_factor<T>(t2)), left);
      const t3 = w + 3 * step;
      store_complex<T>(to + 3 * block, times<T>(v128.sub<T>(m2, d2), re_factor<T>(t3), im_factor<T>(t3)), left);
      const t4 = w + 4 * step;
      store_complex<T>(to + 4 * block, times<T>(v128.sub<T>(m1, d1), re_factor<T>(t4), im_factor<T>(t4)), left);
      from += 16;
      to += 16;
    }
  }
}

/** Any other prime, p² products a group: the whole transform of such a length costs (p / log p) times a smooth one. */
export function radix_any<T>(y: usize, x: usize, p: i32, m: i32, s: i32, table: usize): void {
  const block = <usize>s * size_of<T>();
  const far = <usize>m * block;
  // e^(−2πi / p) is entry N/p = m s of the table.
  for (let j = 0; j < m; j++) {
    for (let t = 0; t < p; t++) {
      const w = table + <usize>(j * t) * block;
      const re = re_factor<T>(w);
      const im = im_factor<T>(w);
      let from = x + <usize>j * block;
      let to = y + <usize>(p * j + t) * block;
      for (let left = s; left > 0; left -= width<T>()) {
        let sum = load_complex<T>(from, left);
        let turn = 0;
        for (let k = 1; k < p; k++) {
          turn += t;
          if (turn >= p) turn -= p;
          const root = table + <usize>turn * far;
          const v = load_complex<T>(from + <usize>k * far, left);
          sum = madd<T>(v, re_factor<T>(root), sum);
          sum = madd<T>(exchanged<T>(v), im_factor<T>(root), sum);
        }
        store_complex<T>(to, times<T>(sum, re, im), left);
        from += 16;
        to += 16;
      }
    }
  }
}

/** n numbers at y = x* (conjugate) times factor, or x times factor. */
export function scaled<T>(y: usize, x: usize, n: i32, factor: f64, conjugate: bool): void {
  const f = splat<T>(<T>factor);
  const signs = conjugate ? im_signs<T>() : v128.splat<i32>(0);
  for (let left = n; left > 0; left -= width<T>()) {
    store_complex<T>(y, v128.xor(v128.mul<T>(load_complex<T>(x, left), f), signs), left);
    x += 16;
    y += 16;
  }
}

/** n numbers at y = x · w, conjugated where asked. */
export function multiplied<T>(y: usize, x: usize, w: usize, n: i32, conjugate: bool): void {
  const signs = conjugate ? im_signs<T>() : v128.splat<i32>(0);
  for (let left = n; left > 0; left -= width<T>()) {
    store_complex<T>(y, v128.xor(product<T>(load_complex<T>(x, left), load_complex<T>(w, left)), signs), left);
    x += 16;
    y += 16;
    w += 16;
  }
}
