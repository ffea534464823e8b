/**
 * How attention kernels read their words. A group of pointers, then scalars: both at `x`, behind whatever the kernel has of its own.
 * Pointers: q, k, v, cu_q, cu_k, key mask, bias, key lengths, cos, sin; those that `flags` leaves out hold anything.
 * Scalars, strides in elements: flags, sequences, T, S, H, Hkv, D, Dv, then batch, token and head strides of q, k and v, batch, head, query and
 * key strides of the bias, batch stride of the key mask, half the rotated dimensions, T and S as compiled (rows of lse, of dropout's counter),
 * stream, random state, then f64 scale, dropout rate.
 *
 * A sequence is a batch item, or rows cu[i] … cu[i + 1] of packed tokens.
 */

const CAUSAL: i32 = 1;
const PACKED: i32 = 2;
const MASK: i32 = 4;
const BIAS: i32 = 8;
const LENGTHS: i32 = 16;
const ROPE: i32 = 32;
const DROPOUT: i32 = 64;
/** Queries are the last of the keys, not the first. */
const BOTTOM_RIGHT: i32 = 128;
const INTERLEAVED: i32 = 256;
const LSE_GRADIENT: i32 = 512;

const SCALARS: usize = 40;

// @ts-ignore: decorator
@inline
export function scalar(x: usize, index: usize): i32 {
  return load<i32>(x + SCALARS + (index << 2));
}

// @ts-ignore: decorator
@inline
function has(x: usize, flag: i32): bool {
  return (scalar(x, 0) & flag) != 0;
}

// @ts-ignore: decorator
@inline
export function is_causal(x: usize): bool { return has(x, CAUSAL); }
// @ts-ignore: decorator
@inline
export function is_packed(x: usize): bool { return has(x, PACKED); }
// @ts-ignore: decorator
@inline
export function has_mask(x: usize): bool { return has(x, MASK); }
// @ts-ignore: decorator
@inline
export function has_bias(x: usize): bool { return has(x, BIAS); }
// @ts-ignore: decorator
@inline
export function has_rope(x: usize): bool { return has(x, ROPE); }
// @ts-ignore: decorator
@inline
export function is_interleaved(x: usize): bool { return has(x, INTERLEAVED); }
// @ts-ignore: decorator
@inline
export function has_lse_gradient(x: usize): bool { return has(x, LSE_GRADIENT); }
// @ts-ignore: decorator
@inline
export function has_dropout(x: usize): bool { return has(x, DROPOUT); }
// @ts-ignore: decorator
@inline
export function sequences(x: usize): i32 { return scalar(x, 1); }
// @ts-ignore: decorator
@inline
export function heads(x: usize): i32 { return scalar(x, 4); }
// @ts-ignore: decorator
@inline
export function kv_heads(x: usize): i32 { return scalar(x, 5); }
// @ts-ignore: decorator
@inline
export function head_dim(x: usize): i32 { return scalar(x, 6); }
// @ts-ignore: decorator
@inline
export function value_dim(x: usize): i32 { return scalar(x, 7); }
// @ts-ignore: decorator
@inline
export function rotated_half(x: usize): i32 { return scalar(x, 22); }
// @ts-ignore: decorator
@inline
export function scale_of(x: usize): f64 { return load<f64>(x + SCALARS + 108); }
// @ts-ignore: decorator
@inline
export function dropout_rate(x: usize): f64 { return load<f64>(x + SCALARS + 116); }
// @ts-ignore: decorator
@inline
export function stream_of(x: usize): u32 { return <u32>scalar(x, 25); }
// @ts-ignore: decorator
@inline
export function random_state(x: usize): usize { return <usize>scalar(x, 26); }

/** First query of a sequence, counted from the tensor's first row of tokens. */
export function q_first(x: usize, b: i32): i32 {
  return is_packed(x) ? load<i32>(load<usize>(x, 12) + (<usize>b << 2)) : 0;
}

export function q_length(x: usize, b: i32): i32 {
  if (!is_packed(x)) return scalar(x, 2);
  const cu = load<usize>(x, 12) + (<usize>b << 2);
  // What lies beyond the live tokens does not exist; a damaged list must not reach outside the tensor.
  return max(0, min(load<i32>(cu, 4), scalar(x, 2)) - max(0, load<i32>(cu)));
}

export function k_first(x: usize, b: i32): i32 {
  return is_packed(x) ? load<i32>(load<usize>(x, 16) + (<usize>b << 2)) : 0;
}

export function k_length(x: usize, b: i32): i32 {
  if (is_packed(x)) {
    const cu = load<usize>(x, 16) + (<usize>b << 2);
    return max(0, min(load<i32>(cu, 4), scalar(x, 3)) - max(0, load<i32>(cu)));
  }
  if (!has(x, LENGTHS)) return scalar(x, 3);
  return max(0, min(scalar(x, 3), load<i32>(load<usize>(x, 28) + (<usize>b << 2))));
}

/** Position of a sequence's first query among its keys. */
export function q_offset(x: usize, b: i32): i32 {
  return has(x, BOTTOM_RIGHT) ? k_length(x, b) - q_length(x, b) : 0;
}

/** Address of q's row i of sequence b, head h. */
export function q_row<T>(x: usize, b: i32, h: i32, i: i32): usize {
  const at = (is_packed(x) ? 0 : b * scalar(x, 8)) + (q_first(x, b) + i) * scalar(x, 9) + h * scalar(x, 10);
  return load<usize>(x) + <usize>at * sizeof<T>();
}

export function q_stride<T>(x: usize): usize {
  return <usize>scalar(x, 9) * sizeof<T>();
}

export function k_row<T>(x: usize, b: i32, h: i32, j: i32): usize {
  const at = (is_packed(x) ? 0 : b * scalar(x, 11)) + (k_first(x, b) + j) * scalar(x, 12) + h * scalar(x, 13);
  return load<usize>(x, 4) + <usize>at * sizeof<T>();
}

export function k_stride<T>(x: usize): usize {
  return <usize>scalar(x, 12) * sizeof<T>();
}

export function v_row<T>(x: usize, b: i32, h: i32, j: i32): usize {
  const at = (is_packed(x) ? 0 : b * scalar(x, 14)) + (k_first(x, b) + j) * scalar(x, 15) + h * scalar(x, 16);
  return load<usize>(x, 8) + <usize>at * sizeof<T>();
}

export function v_stride<T>(x: usize): usize {
  return <usize>scalar(x, 15) * sizeof<T>();
}

/** Row of query i in what is stored without gaps as (sequence, token, head). */
export function dense_q(x: usize, b: i32, h: i32, i: i32): i32 {
  const token = is_packed(x) ? q_first(x, b) + i : b * scalar(x, 23) + i;
  return token * heads(x) + h;
}

export function dense_k(x: usize, b: i32, h: i32, j: i32): i32 {
  const token = is_packed(x) ? k_first(x, b) + j : b * scalar(x, 24) + j;
  return token * kv_heads(x) + h;
}

/** Address of the bias of query i, key j, and the stride from key to key. */
export function bias_row<T>(x: usize, b: i32, h: i32, i: i32, j: i32): usize {
  const at = b * scalar(x, 17) + h * scalar(x, 18) + i * scalar(x, 19) + j * scalar(x, 20);
  return load<usize>(x, 24) + <usize>at * sizeof<T>();
}

export function bias_stride<T>(x: usize): usize {
  return <usize>scalar(x, 20) * sizeof<T>();
}

/** Address of the mask (one byte, 0 = hidden) of key j. */
export function mask_row(x: usize, b: i32, j: i32): usize {
  return load<usize>(x, 20) + <usize>(is_packed(x) ? k_first(x, b) + j : b * scalar(x, 21) + j);
}

/** Address of the table row of a position: half the rotated dimensions of numbers. */
export function cos_row<T>(x: usize, position: i32): usize {
  return load<usize>(x, 32) + turn_of(x, position) * sizeof<T>();
}

export function sin_row<T>(x: usize, position: i32): usize {
  return load<usize>(x, 36) + turn_of(x, position) * sizeof<T>();
}

/** Queries before the first key look at nothing, however they are turned. */
// @ts-ignore: decorator
@inline
function turn_of(x: usize, position: i32): usize {
  return <usize>(max(position, 0) * rotated_half(x));
}

/** Keys that queries before `end` (of sequence b) may look at. */
export function visible(x: usize, b: i32, end: i32): i32 {
  const length = k_length(x, b);
  return is_causal(x) ? max(0, min(length, end + q_offset(x, b))) : length;
}

/** The counter of dropout's first key of query i: rows of compiled length, whole vectors. */
export function dropout_index(x: usize, b: i32, h: i32, i: i32): u32 {
  return <u32>dense_q(x, b, h, i) * <u32>((scalar(x, 24) + 3) & ~3);
}

/** Rows of keys of one batch item, or of all packed tokens. */
export function stored_keys(x: usize): i32 {
  return scalar(x, 3);
}

/** First packed token that belongs to no sequence, -1 where tokens are not packed. */
export function uncovered_queries(x: usize): i32 {
  return is_packed(x) ? load<i32>(load<usize>(x, 12) + (<usize>sequences(x) << 2)) : -1;
}

export function uncovered_keys(x: usize): i32 {
  return is_packed(x) ? load<i32>(load<usize>(x, 16) + (<usize>sequences(x) << 2)) : -1;
}

/** Rows of queries of one batch item, or of all packed tokens. */
export function stored_queries(x: usize): i32 {
  return scalar(x, 2);
}
