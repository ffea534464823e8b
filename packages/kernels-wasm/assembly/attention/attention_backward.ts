/**
 * Gradients of attention by q, k and v with the weights computed anew from lse, block by block (Dao 2023, arXiv:2307.08691, algorithm 2). A thread
 * owns the keys of a head with all their queries, hence every gradient it adds to.
 * Words: dq, dk, dv, o, lse, do, dlse, then as problem.ts.
 */
import { STRIP_BYTES } from "../dense/table";
import { EPILOGUE_SCRATCH, scratch } from "../lib/control";
import {
  block_keys, block_queries, blocks_of, clear_rest, clear_rows, delta, dropout_factors, FAR, FEW, finish_scores, load_keys, load_queries, mask_scores,
  pack_values_transposed, scores_product, slope, transposed_product, unrotate, weights_product, whole,
} from "../lib/attention/block";
import { pack_b_transposed } from "../dense/pack";
import {
  dense_k, dense_q, has_dropout, has_mask, head_dim, heads, is_causal, k_length, k_row, k_stride, kv_heads, q_length, q_offset, q_row, q_stride, scale_of,
  sequences, stored_keys, stored_queries, uncovered_keys, uncovered_queries, v_row, v_stride, value_dim, visible,
} from "../lib/attention/problem";
import { scale_row } from "../lib/attention/rotate";
import { row_exp } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { touch } from "../lib/touch";

export function attention_backward_f32(p: usize, thread: i32, threads: i32): void {
  backward<f32>(p, thread, threads);
}

export function attention_backward_f64(p: usize, thread: i32, threads: i32): void {
  backward<f64>(p, thread, threads);
}

function backward<T>(p: usize, thread: i32, threads: i32): void {
  const x = p + 28;
  const d = head_dim(x);
  const dv = value_dim(x);
  const groups = kv_heads(x);
  if (thread == 0) {
    clear_rows<T>(load<usize>(p), uncovered_queries(x), stored_queries(x), heads(x) * d);
    clear_rows<T>(load<usize>(p, 4), uncovered_keys(x), stored_keys(x), groups * d);
    clear_rows<T>(load<usize>(p, 8), uncovered_keys(x), stored_keys(x), groups * dv);
  }
  let total: f64 = 0;
  for (let b = 0; b < sequences(x); b++) total += cost(x, b);
  const share = <f64>threads / (total * <f64>groups);
  let done: f64 = 0;
  for (let b = 0; b < sequences(x); b++) {
    for (let g = 0; g < groups; g++) {
      const owner = min(threads - 1, <i32>(done * share));
      done += cost(x, b);
      if (owner == thread) head<T>(p, x, b, g, d, dv, thread);
    }
  }
}

/** Multiply-adds of a sequence's head, up to a factor. */
function cost(x: usize, b: i32): f64 {
  return <f64>(q_length(x, b) + 16) * <f64>(k_length(x, b) + 16);
}

function head<T>(p: usize, x: usize, b: i32, g: i32, d: i32, dv: i32, thread: i32): void {
  const most = block_queries<T>(max(d, dv));
  const bc = block_keys<T>(max(d, dv));
  const group = heads(x) / kv_heads(x);
  const d_bytes = <usize>d * sizeof<T>();
  const dv_bytes = <usize>dv * sizeof<T>();

  // Scratch: queries, their do, Σ do·o of each row, weights, their gradients, what masks add, factors of dropout, then blocks of keys and values.
  const queries = scratch(thread);
  const dos = queries + <usize>most * d_bytes + 32;
  const deltas = dos + <usize>most * dv_bytes + 32;
  const weights = deltas + (<usize>most << 3);
  const slopes = weights + <usize>(most * bc) * sizeof<T>();
  const masks = slopes + <usize>(most * bc) * sizeof<T>();
  const factors = masks + <usize>bc * sizeof<T>();
  const room = (factors + <usize>bc * sizeof<T>() + 63) & ~63;
  const packs = room + STRIP_BYTES;
  const key_bytes = <usize>bc * d_bytes + 32;
  const pack_bytes = 2 * key_bytes + <usize>bc * dv_bytes + 32;
  const kept = <i32>((scratch(thread) + EPILOGUE_SCRATCH - packs) / pack_bytes);

  const keys_all = k_length(x, b);
  const ldk = <usize>kv_heads(x) * d_bytes;
  const ldv = <usize>kv_heads(x) * dv_bytes;
  const ldq = <usize>heads(x) * d_bytes;
  const ldo = <usize>heads(x) * dv_bytes;
  const dk = load<usize>(p, 4) + <usize>dense_k(x, b, g, 0) * d_bytes;
  const dvs = load<usize>(p, 8) + <usize>dense_k(x, b, g, 0) * dv_bytes;
  const stored = uncovered_keys(x) >= 0 ? keys_all : stored_keys(x);
  const length = q_length(x, b);
  if (length >= FEW) {
    touch(dk, ldk, stored, d_bytes);
    touch(dvs, ldv, stored, dv_bytes);
  }
  for (let j: usize = 0; j < <usize>stored; j++) {
    memory.fill(dk + j * ldk, 0, d_bytes);
    memory.fill(dvs + j * ldv, 0, dv_bytes);
  }

  const blocks = blocks_of(length, most);
  let packed = 0;
  for (let h = g * group; h < (g + 1) * group; h++) {
    for (let s = 0; s < blocks; s++) {
      const i0 = share_begin(length, 1, s, blocks);
      const i1 = share_end(length, 1, s, blocks);
      const n = i1 - i0;
      const keys = visible(x, b, i1);
      const dq = load<usize>(p) + <usize>dense_q(x, b, h, i0) * d_bytes;
      const o = load<usize>(p, 12) + <usize>dense_q(x, b, h, i0) * dv_bytes;
      const dout = load<usize>(p, 20) + <usize>dense_q(x, b, h, i0) * dv_bytes;
      if (length >= FEW) {
        touch(q_row<T>(x, b, h, i0), q_stride<T>(x), n, d_bytes);
        touch(dout, ldo, n, dv_bytes);
        touch(o, ldo, n, dv_bytes);
        touch(dq, ldq, n, d_bytes);
      }
      load_queries<T>(queries, x, b, h, i0, n, d, i0 + q_offset(x, b), <T>scale_of(x));
      for (let r: usize = 0; r < <usize>n; r++) {
        scale_row<T>(dos + r * dv_bytes, dout + r * ldo, dv, 1);
        store<f64>(deltas + (r << 3), delta<T>(x, b, h, i0 + <i32>r, dout + r * ldo, o + r * ldo, dv, load<usize>(p, 24)));
        if (keys == 0) memory.fill(dq + r * ldq, 0, d_bytes);
      }
      for (let j0 = 0, block = 0; j0 < keys; j0 += bc, block++) {
        const place = packs + <usize>min(block, kept - 1) * pack_bytes;
        const panels = place + key_bytes;
        const values = panels + key_bytes;
        if (block >= packed || block >= kept - 1) {
          const width = min(bc, keys_all - j0);
          if (length >= FEW) {
            touch(k_row<T>(x, b, g, j0), k_stride<T>(x), width, d_bytes);
            touch(v_row<T>(x, b, g, j0), v_stride<T>(x), width, dv_bytes);
          }
          load_keys<T>(place, x, b, g, j0, width, d);
          pack_b_transposed<T>(panels, place, d_bytes, width, d);
          pack_values_transposed<T>(values, x, b, g, j0, width, dv);
          packed = max(packed, min(block + 1, kept - 1));
        }
        const m = min(bc, keys - j0);
        const width = whole<T>(m);
        const ld = <usize>width * sizeof<T>();
        const reach = is_causal(x) ? i0 + q_offset(x, b) - j0 : FAR;
        scores_product<T>(weights, ld, queries, d_bytes, panels, n, m, d, reach, room);
        scores_product<T>(slopes, ld, dos, dv_bytes, values, n, m, dv, reach, room);
        if (has_mask(x)) mask_scores<T>(masks, x, b, j0, m);
        for (let r = 0; r < n; r++) {
          const row = weights + <usize>r * ld;
          const seen = finish_scores<T>(row, x, b, h, i0 + r, j0, min(m, reach + r + 1), masks);
          row_exp<T>(row, row, seen, <f64>load<T>(load<usize>(p, 16) + <usize>dense_q(x, b, h, i0 + r) * sizeof<T>()));
          clear_rest<T>(row, seen, width);
          if (has_dropout(x)) dropout_factors<T>(factors, x, b, h, i0 + r, j0, seen);
          slope<T>(slopes + <usize>r * ld, row, factors, seen, load<f64>(deltas + (<usize>r << 3)), has_dropout(x));
          clear_rest<T>(slopes + <usize>r * ld, seen, width);
        }
        transposed_product<T>(dvs + <usize>j0 * ldv, ldv, weights, ld, dos, dv_bytes, m, dv, n, reach);
        transposed_product<T>(dk + <usize>j0 * ldk, ldk, slopes, ld, queries, d_bytes, m, d, n, reach);
        weights_product<T>(dq, ldq, slopes, ld, place, d_bytes, 32, n, d, m, j0 == 0, reach, room);
      }
      for (let r: usize = 0; r < <usize>n; r++) scale_row<T>(dq + r * ldq, dq + r * ldq, d, <T>scale_of(x));
      unrotate<T>(dq, ldq, x, n, d, i0 + q_offset(x, b));
    }
  }
  unrotate<T>(dk, ldk, x, keys_all, d, 0);
}
