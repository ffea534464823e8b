/**
 * softmax(scale · q kᵀ + bias) v, a block of queries against blocks of keys, so that no row of weights is ever in memory (Dao et al. 2022,
 * arXiv:2205.14135; Milakov and Gimelshein 2018 for the running maximum). Also keeps ln Σ e^score of every row for the backward pass.
 * Words: o, lse, then as problem.ts. A query that may look at nothing gives zeros and lse = +Inf.
 */
import { STRIP_BYTES } from "../dense/table";
import { EPILOGUE_SCRATCH, scratch } from "../lib/control";
import { row_exp } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { touch } from "../lib/touch";
import { scalar_log } from "../reduce/row";
import {
  block_keys, block_queries, blocks_of, clear_rest, clear_rows, dropout_factors, FAR, FEW, finish_scores, largest, load_queries, mask_scores, multiply,
  pack_keys, pack_values, scalar_exp, scores_product, weights_product, whole,
} from "../lib/attention/block";
import {
  dense_q, has_dropout, has_mask, head_dim, heads, is_causal, k_row, k_stride, kv_heads, q_length, q_offset, q_row, q_stride, scale_of, sequences,
  stored_queries, uncovered_queries, v_row, v_stride, value_dim, visible,
} from "../lib/attention/problem";
import { scale_row } from "../lib/attention/rotate";

export function attention_f32(p: usize, thread: i32, threads: i32): void {
  attention<f32>(p, thread, threads);
}

export function attention_f64(p: usize, thread: i32, threads: i32): void {
  attention<f64>(p, thread, threads);
}

function attention<T>(p: usize, thread: i32, threads: i32): void {
  const x = p + 8;
  const d = head_dim(x);
  const dv = value_dim(x);
  const most = block_queries<T>(max(d, dv));
  const bc = block_keys<T>(max(d, dv));
  const group = heads(x) / kv_heads(x);

  // Scratch: queries, scores, what masks add, factors of dropout, running maximum and sum of each row, rows being rotated, packed blocks of keys and values.
  const queries = scratch(thread);
  const scores = queries + <usize>(most * d) * sizeof<T>() + 32;
  const masks = scores + <usize>(most * bc) * sizeof<T>();
  const factors = masks + <usize>bc * sizeof<T>();
  const rows = factors + <usize>bc * sizeof<T>();
  const rotated = rows + (<usize>most << 4);
  const room = (rotated + <usize>(8 * d) * sizeof<T>() + 95) & ~63;
  const packs = room + STRIP_BYTES;
  const key_bytes = <usize>(bc * d) * sizeof<T>();
  const pack_bytes = key_bytes + <usize>(bc * whole<T>(dv)) * sizeof<T>();
  const kept = <i32>((scratch(thread) + EPILOGUE_SCRATCH - packs) / pack_bytes);

  if (thread == 0) {
    clear_rows<T>(load<usize>(p), uncovered_queries(x), stored_queries(x), heads(x) * dv);
    clear_rows<T>(load<usize>(p, 4), uncovered_queries(x), stored_queries(x), heads(x));
  }
  let total: f64 = 0;
  for (let b = 0; b < sequences(x); b++) {
    const length = q_length(x, b);
    const blocks = blocks_of(length, most);
    for (let s = 0; s < blocks; s++) total += cost(x, b, share_begin(length, 1, s, blocks), share_end(length, 1, s, blocks));
  }
  const share = <f64>threads / (total * <f64>heads(x));
  let done: f64 = 0;
  for (let b = 0; b < sequences(x); b++) {
    const length = q_length(x, b);
    const blocks = blocks_of(length, most);
    for (let g = 0; g < kv_heads(x); g++) {
      // Blocks of keys that lie packed already; those beyond `kept` take turns in the last place.
      let packed = 0;
      for (let h = g * group; h < (g + 1) * group; h++) {
        for (let s = 0; s < blocks; s++) {
          const i0 = share_begin(length, 1, s, blocks);
          const i1 = share_end(length, 1, s, blocks);
          const owner = min(threads - 1, <i32>(done * share));
          done += cost(x, b, i0, i1);
          if (owner != thread) continue;
          const n = i1 - i0;
          const keys = visible(x, b, i1);
          const o = load<usize>(p) + <usize>(dense_q(x, b, h, i0) * dv) * sizeof<T>();
          const ldo = <usize>(heads(x) * dv) * sizeof<T>();
          if (length >= FEW) {
            touch(q_row<T>(x, b, h, i0), q_stride<T>(x), n, <usize>d * sizeof<T>());
            touch(o, ldo, n, <usize>dv * sizeof<T>());
          }
          load_queries<T>(queries, x, b, h, i0, n, d, i0 + q_offset(x, b), <T>scale_of(x));
          for (let r: usize = 0; r < <usize>n; r++) {
            store<f64>(rows + (r << 4), -Infinity);
            store<f64>(rows + (r << 4), 0, 8);
            if (keys == 0) memory.fill(o + r * ldo, 0, <usize>dv * sizeof<T>());
          }
          for (let j0 = 0, block = 0; j0 < keys; j0 += bc, block++) {
            const place = packs + <usize>min(block, kept - 1) * pack_bytes;
            // A block is packed whole, as later queries see more of it.
            const whole_block = min(bc, visible(x, b, length) - j0);
            if (block >= packed || block >= kept - 1) {
              if (length >= FEW) {
                touch(k_row<T>(x, b, g, j0), k_stride<T>(x), whole_block, <usize>d * sizeof<T>());
                touch(v_row<T>(x, b, g, j0), v_stride<T>(x), whole_block, <usize>dv * sizeof<T>());
              }
              pack_keys<T>(place, rotated, x, b, g, j0, whole_block, d);
              pack_values<T>(place + key_bytes, x, b, g, j0, whole_block, dv);
              packed = max(packed, min(block + 1, kept - 1));
            }
            const m = min(bc, keys - j0);
            const width = whole<T>(m);
            const ld = <usize>width * sizeof<T>();
            const reach = is_causal(x) ? i0 + q_offset(x, b) - j0 : FAR;
            scores_product<T>(scores, ld, queries, <usize>d * sizeof<T>(), place, n, m, d, reach, room);
            if (has_mask(x)) mask_scores<T>(masks, x, b, j0, m);
            for (let r = 0; r < n; r++) {
              const row = scores + <usize>r * ld;
              const seen = finish_scores<T>(row, x, b, h, i0 + r, j0, min(m, reach + r + 1), masks);
              const state = rows + (<usize>r << 4);
              const before = load<f64>(state);
              const now = max<f64>(before, largest<T>(row, seen));
              const sum = row_exp<T>(row, row, seen, now == -Infinity ? 0 : now);
              clear_rest<T>(row, seen, width);
              let carried = load<f64>(state, 8);
              if (j0 > 0 && now != before) {
                const shrink = before == -Infinity ? 0 : scalar_exp(before - now);
                carried *= shrink;
                scale_row<T>(o + <usize>r * ldo, o + <usize>r * ldo, dv, <T>shrink);
              }
              store<f64>(state, now);
              store<f64>(state, carried + sum, 8);
              if (has_dropout(x)) {
                dropout_factors<T>(factors, x, b, h, i0 + r, j0, seen);
                multiply<T>(row, factors, seen);
              }
            }
            weights_product<T>(o, ldo, scores, ld, place + key_bytes, 32, <usize>whole_block << 5, n, dv, m, j0 == 0, reach, room);
          }
          for (let r = 0; r < n; r++) {
            const state = rows + (<usize>r << 4);
            const sum = load<f64>(state, 8);
            // Not the largest score, which is −Inf too where all that is seen is NaN.
            const empty = sum == 0;
            if (!empty) scale_row<T>(o + <usize>r * ldo, o + <usize>r * ldo, dv, <T>(1 / sum));
            const lse = empty ? Infinity : load<f64>(state) + scalar_log(sum);
            store<T>(load<usize>(p, 4) + <usize>dense_q(x, b, h, i0 + r) * sizeof<T>(), <T>lse);
          }
        }
      }
    }
  }
}

/** Multiply-adds of a block of queries, up to a factor; never 0, so that every block has an owner. */
function cost(x: usize, b: i32, i0: i32, i1: i32): f64 {
  return <f64>(i1 - i0) * <f64>(visible(x, b, i1) + 16);
}
