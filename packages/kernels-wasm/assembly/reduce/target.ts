/** The target distribution q of a cross-entropy row. Words at t: rows, classes, labels (1) or probabilities (0), weights given, ignored label, smoothing (f64). */

// @ts-ignore: decorator
@inline
export function has_labels(t: usize): bool {
  return load<i32>(t, 8) != 0;
}

// @ts-ignore: decorator
@inline
export function has_weights(t: usize): bool {
  return load<i32>(t, 12) != 0;
}

// @ts-ignore: decorator
@inline
export function smoothing_of(t: usize): f64 {
  return load<f64>(t, 20);
}

// @ts-ignore: decorator
@inline
export function is_ignored(t: usize, label: i32): bool {
  return label == load<i32>(t, 16);
}

/** Weight of class c. */
// @ts-ignore: decorator
@inline
export function class_weight<T>(t: usize, weight: usize, c: i32): f64 {
  return has_weights(t) ? <f64>load<T>(weight + <usize>c * sizeof<T>()) : 1;
}

/** q of class c, given the row's label, or where its probabilities begin. */
export function target_of<T>(t: usize, weight: usize, label: i32, probabilities: usize, c: i32): f64 {
  const s = smoothing_of(t);
  const share = has_labels(t) ? (c == label ? 1.0 : 0.0) : <f64>load<T>(probabilities + <usize>c * sizeof<T>());
  return class_weight<T>(t, weight, c) * ((1 - s) * share + s / <f64>load<i32>(t, 4));
}
