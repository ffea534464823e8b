// dx = dy (mass · softmax(x) − q) of rows, mass = Σ q. 8 bytes an element, 12 with probabilities: the second reading finds the row in a cache.
//! use grid cross_entropy softmax_row
struct Params {
  dx_at: u32,
  logits_at: u32,
  target_at: u32,
  mass_at: u32,
  dy_at: u32,
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
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
// i32 labels or f32 probabilities
@group(0) @binding(3) var<storage, read> goal: array<u32>;
@group(0) @binding(4) var<storage, read> mass: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> weight: array<f32>;

fn logit(i: u32) -> f32 {
  return logits[p.logits_at + i];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = flat_group(group, groups) * SLOTS + slot_of(thread);
  let has_labels = p.has_labels != 0u;
  var label = 0;
  var row_mass = 0.0;
  var slope = 0.0;
  if (row < p.rows) {
    if (has_labels) {
      label = label_of(row);
    }
    row_mass = mass[p.mass_at + row];
    slope = dy[p.dy_at + row];
  }
  let ignored = has_labels && label == p.ignored;
  let known = label >= 0 && label < i32(p.classes);
  let begin = row * p.classes;
  let end = select(begin, begin + p.classes, row < p.rows);
  // Rows without a target have no need of their sums.
  let needed = select(row_mass != 0.0, known, !ignored);
  let total = softmax_row(thread, begin, select(begin, end, needed));
  let scale = slope * row_mass / total.y;
  let spread = (p.smoothing + p.smoothing_low) / f32(p.classes);
  for (var i = begin + lane_of(thread); i < end; i += LANES) {
    var value = 0.0;
    if (needed) {
      value = exp_own(logit(i) - total.x) * scale;
    }
    if (!ignored) {
      if (!known) {
        value = not_a_number();
      } else {
        let c = i - begin;
        var q = spread;
        if (!has_labels) {
          q += sharpness() * probability_at(i);
        } else if (c == u32(label)) {
          q += sharpness();
        }
        value -= slope * q * class_weight(c);
      }
    }
    dx[p.dx_at + i] = value;
  }
}
