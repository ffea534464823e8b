/**
 * Σ q (ln Σ eˣ − x) of rows for targets q, the class weight of the row's label, and Σ q. Words: loss, divisor, mass, logits,
 * target, class weights, then as in target.ts. A label out of range gives NaN.
 */
import { share_begin, share_end } from "../lib/rows";
import { is_idle, row_exp, row_max, scalar_log, sharers } from "./row";
import { class_weight, has_labels, is_ignored, smoothing_of, target_of } from "./target";

function cross_entropy<T>(p: usize, thread: i32, threads: i32): void {
  const t = p + 24;
  const rows = load<i32>(t);
  const classes = load<i32>(t, 4);
  if (is_idle(rows, classes, thread)) return;
  const workers = sharers(rows, classes, threads);
  const target = load<usize>(p, 16);
  const weight = load<usize>(p, 20);
  const end = share_end(rows, 1, thread, workers);
  for (let row = share_begin(rows, 1, thread, workers); row < end; row++) {
    const at = <usize>row * <usize>classes * sizeof<T>();
    const x = load<usize>(p, 12) + at;
    const label = has_labels(t) ? load<i32>(target + (<usize>row << 2)) : 0;
    let loss: f64 = 0;
    let divisor: f64 = 1;
    let mass: f64 = 0;
    if (has_labels(t) && is_ignored(t, label)) {
      divisor = 0;
    } else if (label < 0 || label >= classes) {
      loss = NaN;
      mass = NaN;
      if (load<i32>(t, 12) != 0) divisor = NaN;
    } else {
      const largest = row_max<T>(x, classes);
      const log = scalar_log(row_exp<T>(0, x, classes, largest));
      if (has_labels(t)) divisor = class_weight<T>(t, weight, label);
      if (has_labels(t) && smoothing_of(t) == 0) {
        mass = divisor;
        if (mass != 0) loss = mass * (largest - <f64>load<T>(x + <usize>label * sizeof<T>()) + log);
      } else {
        for (let c = 0; c < classes; c++) {
          const q = target_of<T>(t, weight, label, target + at, c);
          mass += q;
          if (q != 0) loss += q * (largest - <f64>load<T>(x + <usize>c * sizeof<T>()) + log);
        }
      }
    }
    const output = <usize>row * sizeof<T>();
    store<T>(load<usize>(p) + output, <T>loss);
    store<T>(load<usize>(p, 4) + output, <T>divisor);
    store<T>(load<usize>(p, 8) + output, <T>mass);
  }
}

export function cross_entropy_f32(p: usize, thread: i32, threads: i32): void {
  cross_entropy<f32>(p, thread, threads);
}

export function cross_entropy_f64(p: usize, thread: i32, threads: i32): void {
  cross_entropy<f64>(p, thread, threads);
}
