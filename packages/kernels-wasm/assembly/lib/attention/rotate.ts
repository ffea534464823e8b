/** Rotary position embedding of single rows (Su et al. 2021, arXiv:2104.09864): the plane (a, b) of each pair turned by the position's angle. */
import { lanes, madd, nmadd } from "../simd";

/**
 * y = factor · rotated x, n elements of which the first 2·half turn; y may be x. cos and sin: rows of `half` numbers; `sign` −1 turns back.
 * Pairs are (i, i + half), or (2i, 2i + 1) when interleaved.
 */
export function rotate<T>(y: usize, x: usize, n: i32, half: i32, cos: usize, sin: usize, sign: T, factor: T, interleaved: bool): void {
  const f = v128.splat<T>(factor);
  const g = v128.splat<T>(factor * sign);
  let i = 0;
  if (!interleaved) {
    const apart = <usize>half * sizeof<T>();
    for (; i <= half - lanes<T>(); i += lanes<T>()) {
      const at = <usize>i * sizeof<T>();
      const a = v128.load(x + at);
      const b = v128.load(x + at + apart);
      const c = v128.mul<T>(v128.load(cos + at), f);
      const s = v128.mul<T>(v128.load(sin + at), g);
      v128.store(y + at, nmadd<T>(b, s, v128.mul<T>(a, c)));
      v128.store(y + at + apart, madd<T>(a, s, v128.mul<T>(b, c)));
    }
  }
  for (; i < half; i++) {
    const first = <usize>(interleaved ? 2 * i : i) * sizeof<T>();
    const second = interleaved ? first + sizeof<T>() : first + <usize>half * sizeof<T>();
    const a = load<T>(x + first);
    const b = load<T>(x + second);
    const c = load<T>(cos + <usize>i * sizeof<T>()) * factor;
    const s = load<T>(sin + <usize>i * sizeof<T>()) * factor * sign;
    store<T>(y + first, a * c - b * s);
    store<T>(y + second, b * c + a * s);
  }
  scale_row<T>(y + <usize>(2 * half) * sizeof<T>(), x + <usize>(2 * half) * sizeof<T>(), n - 2 * half, factor);
}

/** y = factor · x, n elements; y may be x. */
export function scale_row<T>(y: usize, x: usize, n: i32, factor: T): void {
  const f = v128.splat<T>(factor);
  let i = 0;
  for (; i <= n - lanes<T>(); i += lanes<T>()) {
    v128.store(y, v128.mul<T>(v128.load(x), f));
    y += 16;
    x += 16;
  }
  for (; i < n; i++) {
    store<T>(y, load<T>(x) * factor);
    y += sizeof<T>();
    x += sizeof<T>();
  }
}
