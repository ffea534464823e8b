/** dx = dy (mass · softmax(x) − q) of rows. Words: dx, logits, target, mass, dy, class weights, then as in target.ts. */
import { scratch } from "../lib/control";
import { row_exp, row_top } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { is_idle, row_affine, row_fill, row_scale, sharers } from "./row";
import { class_weight, has_labels, has_weights, is_ignored, smoothing_of, target_of } from "./target";

function cross_entropy_backward<T>(p: usize, thread: i32, threads: i32): void {
  const t = p + 24;
  const rows = load<i32>(t);
  const classes = load<i32>(t, 4);
  if (is_idle(rows, classes, thread)) return;
  const workers = sharers(rows, classes, threads);
  const target = load<usize>(p, 8);
  const weight = load<usize>(p, 20);
  const end = share_end(rows, 1, thread, workers);
  const next = scratch(thread);
  // The row whose largest logit is in `next` already.
  let known = -1;
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>classes * sizeof<T>();
    const dx = load<usize>(p) + at;
    const x = load<usize>(p, 4) + at;
    const label = has_labels(t) ? load<i32>(target + (<usize>row << 2)) : 0;
    const ignored = has_labels(t) && is_ignored(t, label);
    const mass = <f64>load<T>(load<usize>(p, 12) + <usize>row * sizeof<T>());
    if (ignored && mass == 0) {
      row_fill<T>(dx, classes, 0);
      continue;
    }
    if (!ignored && (label < 0 || label >= classes)) {
      row_fill<T>(dx, classes, NaN);
      continue;
    }
    const dy = <f64>load<T>(load<usize>(p, 16) + <usize>row * sizeof<T>());
    const largest = known == row ? load<f64>(next) : row_top<T>(x, classes);
    known = row + 1;
    const factor = (dy * mass) / row_exp<T>(dx, x, classes, largest, known < end ? next : 0);
    if (ignored) {
      row_scale<T>(dx, classes, factor);
    } else if (has_labels(t) && smoothing_of(t) == 0) {
      const chosen = dx + <usize>label * sizeof<T>();
      // Where p nears 1 the difference is taken before it is rounded.
      const difference = <f64>load<T>(chosen) * factor - dy * class_weight<T>(t, weight, label);
      row_scale<T>(dx, classes, factor);
      store<T>(chosen, <T>difference);
    } else if (has_labels(t) && !has_weights(t)) {
      const chosen = dx + <usize>label * sizeof<T>();
      const share = (dy * smoothing_of(t)) / <f64>classes;
      const difference = <f64>load<T>(chosen) * factor - dy * (1 - smoothing_of(t)) - share;
      row_affine<T>(dx, classes, factor, -share);
      store<T>(chosen, <T>difference);
    } else {
      for (let c = 0; c < classes; c++) {
        const to = dx + <usize>c * sizeof<T>();
        store<T>(to, <T>(<f64>load<T>(to) * factor - dy * target_of<T>(t, weight, label, target + at, c)));
      }
    }
  }
}

export function cross_entropy_backward_f32(p: usize, thread: i32, threads: i32): void {
  cross_entropy_backward<f32>(p, thread, threads);
}

export function cross_entropy_backward_f64(p: usize, thread: i32, threads: i32): void {
  cross_entropy_backward<f64>(p, thread, threads);
}
