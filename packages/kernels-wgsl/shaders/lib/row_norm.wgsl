// (x − mean) / √(variance + eps) · weight + bias of rows (CENTRED 1), or x / √(mean of squares + eps) · weight + bias (CENTRED 0). The variance is taken about the mean as f32
// has it, and what is left of the mean then sets both right (Chan, Golub, LeVeque 1983), so that rows far from zero keep their digits.
// 8 bytes an element: later readings find the row in a cache. The kernel's file says first_element(i), read once, and element(i), read afterwards.
//! use grid share
alias Total = vec2<f32>;

fn merge(a: Total, b: Total) -> Total {
  return a + b;
}

fn normalise_rows(group: u32, thread: u32) {
  let row = group * SLOTS + slot_of(thread);
  let begin = row * p.n;
  let end = select(begin, begin + p.n, row < p.rows);
  let first = begin + lane_of(thread);
  let count = f32(p.n);
  var shift = 0.0;
  if (CENTRED == 1) {
    var sum = 0.0;
    for (var i = first; i < end; i += LANES) {
      sum += first_element(i);
    }
    shift = merge_lanes(thread, vec2<f32>(sum, 0.0)).x / count;
  }
  // Σ d and Σ d² of d = x − shift.
  var moments = vec2<f32>(0.0);
  for (var i = first; i < end; i += LANES) {
    var d = 0.0;
    if (CENTRED == 1) {
      d = element(i) - shift;
    } else {
      d = first_element(i);
    }
    moments += vec2<f32>(d, d * d);
  }
  moments = merge_lanes(thread, moments) / count;
  let rest = select(0.0, moments.x, CENTRED == 1);
  let inverse = inverseSqrt(max(moments.y - rest * rest, 0.0) + p.eps);
  for (var i = first; i < end; i += LANES) {
    var normal = ((element(i) - shift) - rest) * inverse;
    if (p.has_weight != 0u) {
      normal *= weight[p.weight_at + i - begin];
    }
    if (p.has_bias != 0u) {
      normal += bias[p.bias_at + i - begin];
    }
    y[p.y_at + i] = normal;
  }
}
