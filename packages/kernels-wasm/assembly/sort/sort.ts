/**
 * Stable sort of rows with the positions that values came from. Words: values, indices (i32), two buffers of the same sizes, x, rows, row length, 1 = descending.
 * Merge sort bottom-up over integer keys, between the outputs and the buffers. A stable order is unique, so that threads may share the work as they like:
 * whole rows where there are enough of them, else every merge, cut where its output is (merge path, Odeh, Green et al. 2012).
 */
import { barrier } from "../lib/barrier";
import { share_begin, share_end } from "../lib/rows";
import { ordered_key } from "./key";

/** Rows are first sorted in blocks of this many by insertion, which beats merging there. */
const BLOCK: i32 = 16;
/** Fewer elements than this are one thread's. */
const SPLIT_LEAST: i64 = 4096;

/** Sorts the keys of elements begin … end − 1 of a row into `keys` and their positions into `places`. */
function sort_block<T, K>(keys: usize, places: usize, x: usize, begin: i32, end: i32, descending: bool): void {
  for (let i = begin; i < end; i++) {
    const key = ordered_key<T, K>(x + <usize>i * sizeof<T>(), descending);
    let j = i - 1;
    for (; j >= begin; j--) {
      const other = load<K>(keys + <usize>j * sizeof<K>());
      if (other <= key) break;
      store<K>(keys + <usize>j * sizeof<K>(), other, sizeof<K>());
      store<i32>(places + (<usize>j << 2), load<i32>(places + (<usize>j << 2)), 4);
    }
    store<K>(keys + <usize>j * sizeof<K>(), key, sizeof<K>());
    store<i32>(places + (<usize>j << 2), i, 4);
  }
}

/** How many of the first `at` merged elements come from the first run; equal keys are taken from it first. */
function split_of<K>(a: usize, na: i32, b: usize, nb: i32, at: i32): i32 {
  let low = max(0, at - nb);
  let high = min(at, na);
  while (low < high) {
    const middle = (low + high) >> 1;
    const before = load<K>(a + <usize>middle * sizeof<K>()) <= load<K>(b + <usize>(at - 1 - middle) * sizeof<K>());
    if (before) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Elements begin … end − 1 of the merge of two neighbouring runs (na and nb long) from one pair of buffers to the other. */
function merge<K>(keys: usize, places: usize, from: usize, sources: usize, na: i32, nb: i32, begin: i32, end: i32): void {
  const second = from + <usize>na * sizeof<K>();
  let i = split_of<K>(from, na, second, nb, begin);
  let j = na + begin - i;
  const n = na + nb;
  let at = begin;
  // Runs that are in order already, as in sorted input, are copied below.
  const in_order = i < na && j < n && load<K>(second - sizeof<K>()) <= load<K>(from + <usize>j * sizeof<K>());
  while (!in_order && at < end && i < na && j < n) {
    const a = load<K>(from + <usize>i * sizeof<K>());
    const b = load<K>(from + <usize>j * sizeof<K>());
    const later = b < a;
    store<K>(keys + <usize>at * sizeof<K>(), select(b, a, later));
    store<i32>(places + (<usize>at << 2), load<i32>(sources + (<usize>select(j, i, later) << 2)));
    j += i32(later);
    i += i32(!later);
    at++;
  }
  const first = min(na - i, end - at);
  copy<K>(keys, places, from, sources, at, i, first);
  copy<K>(keys, places, from, sources, at + first, j, end - at - first);
}

// @ts-ignore: decorator
@inline
function copy<K>(keys: usize, places: usize, from: usize, sources: usize, at: i32, i: i32, n: i32): void {
  if (n <= 0) return;
  memory.copy(keys + <usize>at * sizeof<K>(), from + <usize>i * sizeof<K>(), <usize>n * sizeof<K>());
  memory.copy(places + (<usize>at << 2), sources + (<usize>i << 2), <usize>n << 2);
}

/** The part begin … end − 1 of all rows laid end to end, of one round of merges of runs of `width`. */
function merge_share<K>(keys: usize, places: usize, from: usize, sources: usize, n: i32, width: i32, begin: i32, end: i32): void {
  while (begin < end) {
    const row = begin / n;
    const inside = begin - row * n;
    const run = inside - (inside % (2 * width));
    const na = min(width, n - run);
    const nb = min(width, n - run - na);
    const stop = min(end, row * n + run + na + nb);
    const at = <usize>(row * n + run);
    merge<K>(
      keys + at * sizeof<K>(),
      places + (at << 2),
      from + at * sizeof<K>(),
      sources + (at << 2),
      na,
      nb,
      inside - run,
      stop - row * n - run,
    );
    begin = stop;
  }
}

/** values[i] = x[indices[i]] for elements begin … end − 1 of all rows. */
function gather_share<T>(values: usize, indices: usize, x: usize, n: i32, begin: i32, end: i32): void {
  while (begin < end) {
    const row = begin / n;
    const base = x + <usize>(row * n) * sizeof<T>();
    for (const stop = min(end, (row + 1) * n); begin < stop; begin++) {
      const at = load<i32>(indices + (<usize>begin << 2));
      store<T>(values + <usize>begin * sizeof<T>(), load<T>(base + <usize>at * sizeof<T>()));
    }
  }
}

// @ts-ignore: decorator
@inline
function sort<T, K>(p: usize, thread: i32, threads: i32): void {
  const values = load<usize>(p);
  const indices = load<usize>(p, 4);
  const spare_keys = load<usize>(p, 8);
  const spare_places = load<usize>(p, 12);
  const x = load<usize>(p, 16);
  const rows = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const descending = load<i32>(p, 28) != 0;
  const small = <i64>rows * <i64>n < SPLIT_LEAST;
  if (n == 0 || (small && thread > 0)) return;
  const workers = small ? 1 : threads;
  let rounds = 0;
  for (let width = BLOCK; width < n; width <<= 1) rounds++;
  // The last round writes the outputs.
  const spare_first = (rounds & 1) != 0;
  const together = workers > 1 && rows < 2 * workers;
  const groups = together ? 1 : share_end(rows, 1, thread, workers) - share_begin(rows, 1, thread, workers);
  const first_row = together ? 0 : share_begin(rows, 1, thread, workers);
  const blocks = (n + BLOCK - 1) / BLOCK;
  for (let group = 0; group < groups; group++) {
    const row0 = first_row + group;
    const begin = together ? share_begin(rows * n, 16, thread, workers) : row0 * n;
    const end = together ? share_end(rows * n, 16, thread, workers) : begin + n;
    let keys = spare_first ? spare_keys : values;
    let places = spare_first ? spare_places : indices;
    const first_block = together ? share_begin(rows * blocks, 1, thread, workers) : row0 * blocks;
    const last_block = together ? share_end(rows * blocks, 1, thread, workers) : first_block + blocks;
    for (let block = first_block; block < last_block; block++) {
      const row = block / blocks;
      const at = (block - row * blocks) * BLOCK;
      const base = <usize>(row * n);
      const stop = min(n, at + BLOCK);
      sort_block<T, K>(keys + base * sizeof<K>(), places + (base << 2), x + base * sizeof<T>(), at, stop, descending);
    }
    let width = BLOCK;
    for (let round = 0; round < rounds; round++) {
      if (together && !barrier(threads)) return;
      const to_outputs = keys == spare_keys;
      const target = to_outputs ? values : spare_keys;
      const target_places = to_outputs ? indices : spare_places;
      merge_share<K>(target, target_places, keys, places, n, width, begin, end);
      keys = target;
      places = target_places;
      width <<= 1;
    }
    // Where there was no round, blocks were shared otherwise than elements are.
    if (together && !barrier(threads)) return;
    gather_share<T>(values, indices, x, n, begin, end);
  }
}

export function sort_f32(p: usize, thread: i32, threads: i32): void {
  sort<f32, i32>(p, thread, threads);
}

export function sort_f64(p: usize, thread: i32, threads: i32): void {
  sort<f64, i64>(p, thread, threads);
}

export function sort_i32(p: usize, thread: i32, threads: i32): void {
  sort<i32, i32>(p, thread, threads);
}
