/**
 * The forward transform of one row of any length, in two buffers: by stages of radix 4, 2, 3, 5 and other primes, or, where a prime is too large for
 * that, as a convolution with a chirp, whose length is a power of two (Bluestein 1970).
 */
import { scratch } from "../lib/control";
import { multiplied, radix_2, radix_3, radix_4, radix_5, radix_any, scaled, size_of } from "./stages";

/** First word of what all kernels of the family share after their pointers (output, work, input, table). */
const SHARED: usize = 16;

// @ts-ignore: decorator
@inline
export function rows_of(p: usize): i32 {
  return load<i32>(p, SHARED);
}

/** Length of a row as users count it. */
// @ts-ignore: decorator
@inline
export function length_of(p: usize): i32 {
  return load<i32>(p, SHARED + 4);
}

/** Length of the convolution, 0 where stages suffice. */
// @ts-ignore: decorator
@inline
function convolution_of(p: usize): i32 {
  return load<i32>(p, SHARED + 8);
}

/** Factor on the result. */
// @ts-ignore: decorator
@inline
export function scale_of(p: usize): f64 {
  return load<f64>(p, SHARED + 16);
}

/** Whether the exponent is positive. */
// @ts-ignore: decorator
@inline
export function is_inverse(p: usize): bool {
  return load<i32>(p, SHARED + 24) != 0;
}

/** Bytes of one of a row's two buffers, for a transform of n complex numbers; a vector may be read past them. */
// @ts-ignore: decorator
@inline
function buffer_bytes<T>(p: usize, n: i32): usize {
  return <usize>max(n, convolution_of(p)) * size_of<T>() + 16;
}

/** The row's first buffer; its second lies behind it. In this thread's scratch, or in `work` where that is too small. */
// @ts-ignore: decorator
@inline
export function buffers<T>(p: usize, n: i32, row: i32, thread: i32): usize {
  if (load<i32>(p, SHARED + 12) == 0) return scratch(thread);
  return load<usize>(p, 4) + <usize>row * 2 * buffer_bytes<T>(p, n);
}

/** Bytes of the table of a transform of n complex numbers. */
// @ts-ignore: decorator
@inline
export function table_bytes<T>(p: usize, n: i32): usize {
  return <usize>(n + 2 * convolution_of(p)) * size_of<T>();
}

/** The transform of n numbers at a, in stages; returns a or b, where the result is. */
function staged<T>(a: usize, b: usize, n: i32, table: usize): usize {
  let rest = n;
  let s = 1;
  let x = a;
  let y = b;
  while (rest > 1) {
    let radix = 0;
    if (rest % 4 == 0) {
      radix = 4;
      radix_4<T>(y, x, rest / 4, s, table);
    } else if (rest % 2 == 0) {
      radix = 2;
      radix_2<T>(y, x, rest / 2, s, table);
    } else if (rest % 3 == 0) {
      radix = 3;
      radix_3<T>(y, x, rest / 3, s, table);
    } else if (rest % 5 == 0) {
      radix = 5;
      radix_5<T>(y, x, rest / 5, s, table);
    } else {
      radix = 7;
      while (rest % radix != 0) radix += 2;
      radix_any<T>(y, x, radix, rest / radix, s, table);
    }
    rest /= radix;
    s *= radix;
    const swap = x;
    x = y;
    y = swap;
  }
  return x;
}

/**
 * The transform of the n numbers in the first of the row's buffers; returns where in them the result is. The table holds the roots of the staged
 * transform, and for a convolution of length m behind its m roots the chirp's transform over m (m) and the chirp e^(−πi j² / n) (n).
 */
export function transform<T>(p: usize, a: usize, n: i32, table: usize): usize {
  const m = convolution_of(p);
  const b = a + buffer_bytes<T>(p, n);
  if (m == 0) return staged<T>(a, b, n, table);
  const filter = table + <usize>m * size_of<T>();
  const chirp = filter + <usize>m * size_of<T>();
  multiplied<T>(a, a, chirp, n, false);
  memory.fill(a + <usize>n * size_of<T>(), 0, <usize>(m - n) * size_of<T>());
  const spectrum = staged<T>(a, b, m, table);
  // The inverse transform is the conjugate of the conjugate's transform.
  multiplied<T>(spectrum, spectrum, filter, m, true);
  const back = staged<T>(spectrum, spectrum == a ? b : a, m, table);
  scaled<T>(back, back, n, 1, true);
  multiplied<T>(back, back, chirp, n, false);
  return back;
}
