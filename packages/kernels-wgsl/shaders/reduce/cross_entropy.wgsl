// Σ q (ln Σ eˣ − x) of rows for targets q, the class weight of the row's label, and Σ q. A label out of range gives NaN.
// One reading of a row: the largest logit m and Σ e^(x − m) as in lib/softmax_row.wgsl, and with them, where q has more than one entry, Σ q (m − x), to
// which Σ q times what m grew by is added. 4 bytes an element, 8 with probabilities.
//! use grid exp log cross_entropy share
struct Params {
  loss_at: u32,
  divisor_at: u32,
  mass_at: u32,
  logits_at: u32,
  target_at: u32,
  weight_at: u32,
  rows: u32,
  classes: u32,
  has_labels: u32,
  has_weights: u32,
  ignored: i32,
  smoothing: f32,
  smoothing_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> divisor: array<f32>;
@group(0) @binding(3) var<storage, read_write> mass: array<f32>;
@group(0) @binding(4) var<storage, read> logits: array<f32>;
// i32 labels or f32 probabilities
@group(0) @binding(5) var<storage, read> goal: array<u32>;
@group(0) @binding(6) var<storage, read> weight: array<f32>;

struct Total {
  m: f32,
  // Σ e^(x − m)
  exponentials: f32,
  // Σ q (m − x)
  gap: f32,
  // Σ q
  mass: f32,
}

fn raise(a: Total, m: f32) -> Total {
  // Nothing lies below the first element; its gap to the beginning may be infinite.
  let growth = select(0.0, a.mass * (m - a.m), a.mass != 0.0);
  return Total(m, a.exponentials * exp_own(a.m - m), a.gap + growth, a.mass);
}

fn merge(a: Total, b: Total) -> Total {
  let m = max(a.m, b.m);
  let c = raise(a, m);
  let d = raise(b, m);
  return Total(m, c.exponentials + d.exponentials, c.gap + d.gap, c.mass + d.mass);
}

// What the logit of element i adds by its own share of the target.
fn add_share(total: Total, x: f32, spread: f32, i: u32, begin: u32) -> Total {
  var q = spread;
  if (p.has_labels == 0u) {
    q += sharpness() * probability_at(i);
  }
  q *= class_weight(i - begin);
  // Nothing times an infinite gap is not to count.
  return Total(total.m, total.exponentials, total.gap + select(0.0, q * (total.m - x), q != 0.0), total.mass + q);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = flat_group(group, groups) * SLOTS + slot_of(thread);
  let has_labels = p.has_labels != 0u;
  var label = 0;
  if (has_labels && row < p.rows) {
    label = label_of(row);
  }
  let ignored = has_labels && label == p.ignored;
  let known = label >= 0 && label < i32(p.classes);
  let begin = row * p.classes;
  let end = select(begin, begin + p.classes, row < p.rows && known && !ignored);
  // What every class gets of q; a label's own share comes at the end.
  let spread = (p.smoothing + p.smoothing_low) / f32(p.classes);
  let spread_out = !has_labels || spread != 0.0;
  var total = Total(-3.4e38, 0.0, 0.0, 0.0);
  var i = begin + lane_of(thread);
  for (; i + 3u * LANES < end; i += 4u * LANES) {
    let at = p.logits_at + i;
    let x = vec4<f32>(logits[at], logits[at + LANES], logits[at + 2u * LANES], logits[at + 3u * LANES]);
    let top = max(max(x.x, x.y), max(x.z, x.w));
    if (top > total.m) {
      total = raise(total, top);
    }
    total.exponentials += (exp_own(x.x - total.m) + exp_own(x.y - total.m)) + (exp_own(x.z - total.m) + exp_own(x.w - total.m));
    if (spread_out) {
      for (var k = 0u; k < 4u; k++) {
        total = add_share(total, x[k], spread, i + k * LANES, begin);
      }
    }
  }
  for (; i < end; i += LANES) {
    let x = logits[p.logits_at + i];
    if (x > total.m) {
      total = raise(total, x);
    }
    total.exponentials += exp_own(x - total.m);
    if (spread_out) {
      total = add_share(total, x, spread, i, begin);
    }
  }
  total = merge_lanes(thread, total);
  if (lane_of(thread) != 0u || row >= p.rows) {
    return;
  }
  var result = vec3<f32>(0.0, 1.0, total.mass);
  if (ignored) {
    result = vec3<f32>(0.0);
  } else if (!known) {
    result = vec3<f32>(not_a_number(), select(1.0, not_a_number(), p.has_weights != 0u), not_a_number());
  } else {
    let log_sum_of_row = log_own(total.exponentials);
    // The sum of shares that add up to one is one.
    if (has_labels && p.has_weights == 0u && spread != 0.0) {
      result.z = p.smoothing + p.smoothing_low;
    }
    result.x = total.gap + select(0.0, total.mass * log_sum_of_row, total.mass != 0.0);
    if (has_labels) {
      result.y = class_weight(u32(label));
      let own = sharpness() * result.y;
      if (own != 0.0) {
        result.x += own * ((total.m - logits[p.logits_at + begin + u32(label)]) + log_sum_of_row);
        result.z += own;
      }
    }
  }
  loss[p.loss_at + row] = result.x;
  divisor[p.divisor_at + row] = result.y;
  mass[p.mass_at + row] = result.z;
}
