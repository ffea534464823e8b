/**
 * Gradient of attention by its bias: the gradient of the scores, summed over batch items or sequences where these share a bias. A kernel of its
 * own, because hardly any bias is trained (T5's is) and a thread must own a head in all items.
 * Words: dbias (B or 1, H, T, S), o, lse, do, dlse, then as problem.ts.
 */
import {
  block_keys, block_queries, blocks_of, delta, dropout_factors, FAR, finish_scores, load_queries, mask_scores, pack_keys, pack_values_transposed,
  scores_product, slope, whole,
} from "../lib/attention/block";
import {
  dense_q, has_dropout, has_mask, head_dim, heads, is_causal, kv_heads, q_length, q_offset, scalar, scale_of, sequences, value_dim, visible,
} from "../lib/attention/problem";
import { scale_row } from "../lib/attention/rotate";
import { STRIP_BYTES } from "../dense/table";
import { scratch } from "../lib/control";
import { row_exp } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";

export function attention_bias_gradient_f32(p: usize, thread: i32, threads: i32): void {
  bias_gradient<f32>(p, thread, threads);
}

export function attention_bias_gradient_f64(p: usize, thread: i32, threads: i32): void {
  bias_gradient<f64>(p, thread, threads);
}

function bias_gradient<T>(p: usize, thread: i32, threads: i32): void {
  const x = p + 20;
  const plane = scalar(x, 23) * scalar(x, 24);
  const items = scalar(x, 17) == 0 ? 1 : sequences(x);
  const end = share_end(heads(x), 1, thread, threads);
  for (let h = share_begin(heads(x), 1, thread, threads); h < end; h++) {
    for (let b = 0; b < items; b++) memory.fill(plane_of<T>(p, x, b, h, plane), 0, <usize>plane * sizeof<T>());
    for (let b = 0; b < sequences(x); b++) add_scores<T>(p, x, b, h, plane_of<T>(p, x, items == 1 ? 0 : b, h, plane), thread);
  }
}

// @ts-ignore: decorator
@inline
function plane_of<T>(p: usize, x: usize, b: i32, h: i32, plane: i32): usize {
  return load<usize>(p) + <usize>((b * heads(x) + h) * plane) * sizeof<T>();
}

/** Adds the gradient of one item's scores (T × S) to the plane. */
function add_scores<T>(p: usize, x: usize, b: i32, h: i32, to: usize, thread: i32): void {
  const d = head_dim(x);
  const dv = value_dim(x);
  const g = h / (heads(x) / kv_heads(x));
  const most = block_queries<T>(max(d, dv));
  const bc = block_keys<T>(max(d, dv));
  const d_bytes = <usize>d * sizeof<T>();
  const dv_bytes = <usize>dv * sizeof<T>();
  const queries = scratch(thread);
  const dos = queries + <usize>most * d_bytes + 32;
  const deltas = dos + <usize>most * dv_bytes + 32;
  const weights = deltas + (<usize>most << 3);
  const slopes = weights + <usize>(most * bc) * sizeof<T>();
  const masks = slopes + <usize>(most * bc) * sizeof<T>();
  const factors = masks + <usize>bc * sizeof<T>();
  const rotated = factors + <usize>bc * sizeof<T>();
  const room = (rotated + 8 * d_bytes + 95) & ~63;
  const panels = room + STRIP_BYTES;
  const values = panels + <usize>bc * d_bytes;
  const ldo = <usize>heads(x) * dv_bytes;
  const length = q_length(x, b);
  const blocks = blocks_of(length, most);
  for (let s = 0; s < blocks; s++) {
    const i0 = share_begin(length, 1, s, blocks);
    const i1 = share_end(length, 1, s, blocks);
    const n = i1 - i0;
    const keys = visible(x, b, i1);
    const o = load<usize>(p, 4) + <usize>dense_q(x, b, h, i0) * dv_bytes;
    const dout = load<usize>(p, 12) + <usize>dense_q(x, b, h, i0) * dv_bytes;
    load_queries<T>(queries, x, b, h, i0, n, d, i0 + q_offset(x, b), <T>scale_of(x));
    for (let r: usize = 0; r < <usize>n; r++) {
      scale_row<T>(dos + r * dv_bytes, dout + r * ldo, dv, 1);
      store<f64>(deltas + (r << 3), delta<T>(x, b, h, i0 + <i32>r, dout + r * ldo, o + r * ldo, dv, load<usize>(p, 16)));
    }
    for (let j0 = 0; j0 < keys; j0 += bc) {
      const m = min(bc, keys - j0);
      const ld = <usize>whole<T>(m) * sizeof<T>();
      pack_keys<T>(panels, rotated, x, b, g, j0, m, d);
      pack_values_transposed<T>(values, x, b, g, j0, m, dv);
      const reach = is_causal(x) ? i0 + q_offset(x, b) - j0 : FAR;
      scores_product<T>(weights, ld, queries, d_bytes, panels, n, m, d, reach, room);
      scores_product<T>(slopes, ld, dos, dv_bytes, values, n, m, dv, reach, room);
      if (has_mask(x)) mask_scores<T>(masks, x, b, j0, m);
      for (let r = 0; r < n; r++) {
        const row = weights + <usize>r * ld;
        const seen = min(m, reach + r + 1);
        const width = finish_scores<T>(row, x, b, h, i0 + r, j0, seen, masks);
        row_exp<T>(row, row, width, <f64>load<T>(load<usize>(p, 8) + <usize>dense_q(x, b, h, i0 + r) * sizeof<T>()));
        if (has_dropout(x)) dropout_factors<T>(factors, x, b, h, i0 + r, j0, width);
        const slopes_row = slopes + <usize>r * ld;
        slope<T>(slopes_row, row, factors, width, load<f64>(deltas + (<usize>r << 3)), has_dropout(x));
        const sums = to + <usize>((i0 + r) * scalar(x, 24) + j0) * sizeof<T>();
        for (let j: usize = 0; j < <usize>max(0, seen) * sizeof<T>(); j += sizeof<T>()) store<T>(sums + j, load<T>(sums + j) + load<T>(slopes_row + j));
      }
    }
  }
}
