/**
 * Σ q (ln Σ eˣ − x) of rows for targets q, the class weight of the row's label, and Σ q. Words: loss, divisor, mass, logits,
 * target, class weights, then as in target.ts. A label out of range gives NaN.
 */
import { scratch } from "../lib/control";
import { load_filled, row_exp_sum, row_top } from "../lib/exp_row";
import { share_begin, share_end } from "../lib/rows";
import { hsum, lanes } from "../lib/simd";
import { high, k2, low } from "../lib/wide";
import { is_idle, scalar_log, sharers } from "./row";
import { class_weight, has_labels, has_weights, is_ignored, smoothing_of, target_of } from "./target";

/** Σ (largest − x) of n elements. */
function row_gap<T>(x: usize, n: i32, largest: f64): f64 {
  const m = k2(largest);
  let a = k2(0);
  let b = a;
  for (let i = 0; i < n; i += lanes<T>()) {
    const u = load_filled<T>(x, n - i, largest);
    a = v128.add<f64>(a, v128.sub<f64>(m, sizeof<T>() == 4 ? low(u) : u));
    if (sizeof<T>() == 4) b = v128.add<f64>(b, v128.sub<f64>(m, high(u)));
    x += 16;
  }
  return hsum<f64>(v128.add<f64>(a, b));
}

function cross_entropy<T>(p: usize, thread: i32, threads: i32): void {
  const t = p + 24;
  const rows = load<i32>(t);
  const classes = load<i32>(t, 4);
  if (is_idle(rows, classes, thread)) return;
  const workers = sharers(rows, classes, threads);
  const target = load<usize>(p, 16);
  const weight = load<usize>(p, 20);
  const end = share_end(rows, 1, thread, workers);
  const next = scratch(thread);
  // The row whose largest logit is in `next` already.
  let known = -1;
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
      if (has_weights(t)) divisor = NaN;
    } else {
      const largest = known == row ? load<f64>(next) : row_top<T>(x, classes);
      known = row + 1;
      const log = scalar_log(row_exp_sum<T>(x, classes, largest, known < end ? next : 0));
      if (has_labels(t)) divisor = class_weight<T>(t, weight, label);
      if (has_labels(t) && smoothing_of(t) == 0) {
        mass = divisor;
        if (mass != 0) loss = mass * (largest - <f64>load<T>(x + <usize>label * sizeof<T>()) + log);
      } else if (has_labels(t) && !has_weights(t)) {
        const s = smoothing_of(t);
        mass = 1;
        loss = (s / <f64>classes) * row_gap<T>(x, classes, largest) + log;
        // What is left of the label's share may be nothing, and nothing times an infinite loss is not to count.
        if (s != 1) loss += (1 - s) * (largest - <f64>load<T>(x + <usize>label * sizeof<T>()));
      } else {
        for (let c = 0; c < classes; c++) {
          const q = target_of<T>(t, weight, label, target + at, c);
          mass += q;
          if (q != 0) loss += q * (largest - <f64>load<T>(x + <usize>c * sizeof<T>()) + log);
        }
      }
    }
    const output = <usize>row * sizeof<T>();
    // One NaN for all: the sign of a computed one is left open by wasm and differs between tiers of the compiler.
    if (loss != loss) loss = NaN;
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
