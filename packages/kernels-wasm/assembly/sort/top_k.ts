/**
 * The k largest (or smallest) elements of rows, best first, without sorting the rows. Words: values, indices (i32), x, rows, row length, k, 1 = largest,
 * 1 = sorted (else in the order of their positions). A heap of the best k so far, its worst on top, lives in the outputs, so there is
 * no limit to k. A row in random order enters it about k ln(n / k) times; all else is passed over a vector at a time.
 */
import { share_begin, share_end } from "../lib/rows";
import { lanes, splat } from "../lib/simd";
import { ordered_key } from "./key";

const SPLIT_LEAST: i64 = 4096;

/** Lets the pair (key, place) sink from position `at` of a heap of n. Of equal keys the later position is worse. */
function sink<K>(keys: usize, places: usize, n: i32, at: i32, key: K, place: i32): void {
  for (;;) {
    let child = 2 * at + 1;
    if (child >= n) break;
    let k = load<K>(keys + <usize>child * sizeof<K>());
    let i = load<i32>(places + (<usize>child << 2));
    if (child + 1 < n) {
      const k2 = load<K>(keys + <usize>child * sizeof<K>(), sizeof<K>());
      const i2 = load<i32>(places + (<usize>child << 2), 4);
      if (k2 < k || (k2 == k && i2 > i)) {
        child++;
        k = k2;
        i = i2;
      }
    }
    if (key < k || (key == k && place > i)) break;
    store<K>(keys + <usize>at * sizeof<K>(), k);
    store<i32>(places + (<usize>at << 2), i);
    at = child;
  }
  store<K>(keys + <usize>at * sizeof<K>(), key);
  store<i32>(places + (<usize>at << 2), place);
}

// @ts-ignore: decorator
@inline
function sink_own<K>(keys: usize, places: usize, n: i32, at: i32): void {
  sink<K>(keys, places, n, at, load<K>(keys + <usize>at * sizeof<K>()), load<i32>(places + (<usize>at << 2)));
}

function make_heap<K>(keys: usize, places: usize, n: i32): void {
  for (let at = n / 2 - 1; at >= 0; at--) sink_own<K>(keys, places, n, at);
}

/** From a heap with its worst on top to a list with the best in front. */
function unheap<K>(keys: usize, places: usize, n: i32): void {
  for (let last = n - 1; last > 0; last--) {
    const key = load<K>(keys + <usize>last * sizeof<K>());
    const place = load<i32>(places + (<usize>last << 2));
    store<K>(keys + <usize>last * sizeof<K>(), load<K>(keys));
    store<i32>(places + (<usize>last << 2), load<i32>(places));
    sink<K>(keys, places, last, 0, key, place);
  }
}

/** Puts the best k of n elements at x into the heap. */
function choose<T, K>(keys: usize, places: usize, x: usize, n: i32, k: i32, largest: bool): void {
  for (let i = 0; i < k; i++) {
    store<K>(keys + <usize>i * sizeof<K>(), ordered_key<T, K>(x + <usize>i * sizeof<T>(), !largest));
    store<i32>(places + (<usize>i << 2), i);
  }
  make_heap<K>(keys, places, k);
  let worst = splat<T>(load<T>(x + <usize>load<i32>(places) * sizeof<T>()));
  let i = k;
  while (i < n) {
    const width = min(lanes<T>(), n - i);
    const u = v128.load(x + <usize>i * sizeof<T>());
    // NaN compares false and is looked at.
    const passed = largest ? v128.le<T>(u, worst) : v128.ge<T>(u, worst);
    if (v128.all_true<i32>(passed)) {
      i += width;
      continue;
    }
    for (const stop = i + width; i < stop; i++) {
      const key = ordered_key<T, K>(x + <usize>i * sizeof<T>(), !largest);
      if (key > load<K>(keys)) sink<K>(keys, places, k, 0, key, i);
    }
    worst = splat<T>(load<T>(x + <usize>load<i32>(places) * sizeof<T>()));
  }
}

// @ts-ignore: decorator
@inline
function top_k<T, K>(p: usize, thread: i32, threads: i32): void {
  const rows = load<i32>(p, 12);
  const n = load<i32>(p, 16);
  const k = load<i32>(p, 20);
  const largest = load<i32>(p, 24) != 0;
  const sorted = load<i32>(p, 28) != 0;
  const small = <i64>rows * <i64>n < SPLIT_LEAST;
  if (k == 0 || (small && thread > 0)) return;
  const workers = small ? 1 : threads;
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const values = load<usize>(p) + <usize>row * <usize>k * sizeof<T>();
    const indices = load<usize>(p, 4) + ((<usize>row * <usize>k) << 2);
    const x = load<usize>(p, 8) + <usize>row * <usize>n * sizeof<T>();
    choose<T, K>(values, indices, x, n, k, largest);
    if (!sorted) {
      for (let i = 0; i < k; i++) store<K>(values + <usize>i * sizeof<K>(), <K>~load<i32>(indices + (<usize>i << 2)));
      make_heap<K>(values, indices, k);
    }
    unheap<K>(values, indices, k);
    for (let i = 0; i < k; i++) {
      const at = load<i32>(indices + (<usize>i << 2));
      store<T>(values + <usize>i * sizeof<T>(), load<T>(x + <usize>at * sizeof<T>()));
    }
  }
}

export function top_k_f32(p: usize, thread: i32, threads: i32): void {
  top_k<f32, i32>(p, thread, threads);
}

export function top_k_f64(p: usize, thread: i32, threads: i32): void {
  top_k<f64, i64>(p, thread, threads);
}

export function top_k_i32(p: usize, thread: i32, threads: i32): void {
  top_k<i32, i32>(p, thread, threads);
}
