/**
 * The order of sorting as one of whole numbers: a < b exactly where key(a) < key(b), zeros of both signs are equal, and NaN is above everything, as in
 * PyTorch and NumPy. K is the signed integer of T's width.
 */

// @ts-ignore: decorator
@inline
export function key_at<T, K>(p: usize): K {
  if (isInteger<T>()) return load<K>(p);
  const x = load<T>(p);
  if (x == <T>0) return <K>0;
  const bits = load<K>(p);
  if (sizeof<T>() == 4) return <K>(x != x ? 0x7fffffff : <i32>bits ^ ((<i32>bits >> 31) & 0x7fffffff));
  return <K>(x != x ? 0x7fffffffffffffff : <i64>bits ^ ((<i64>bits >> 63) & 0x7fffffffffffffff));
}

/** The key, or its complement, which reverses the order. */
// @ts-ignore: decorator
@inline
export function ordered_key<T, K>(p: usize, reverse: bool): K {
  const key = key_at<T, K>(p);
  return reverse ? <K>~key : key;
}
