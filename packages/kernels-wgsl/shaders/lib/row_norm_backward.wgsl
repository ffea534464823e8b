// Gradients of the row norms by x, weight and bias. With x̂ the normalised row and g = dy · weight: dx = (g − mean g − x̂ · mean(g x̂)) / σ (CENTRED 1; 0: without mean g),
// dweight = Σ dy x̂ and dbias = Σ dy over rows. Mean and 1/σ are found again from the row, as in row_norm.wgsl.
// PASS 0, an item a row: dx, and to scratch the row's mean in two parts and 1/σ. 12 bytes an element, 16 with extra.
// PASS 1, an item a column of a chunk of rows: the chunk's sums, which another launch adds up. 8 bytes an element.
//! use grid share
struct Params {
  dx_at: u32,
  partials_at: u32,
  x_at: u32,
  dy_at: u32,
  extra_at: u32,
  weight_at: u32,
  rows: u32,
  n: u32,
  has_weight: u32,
  has_affine: u32,
  has_extra: u32,
  chunks: u32,
  eps: f32,
  eps_low: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read> extra: array<f32>;
@group(0) @binding(6) var<storage, read> weight: array<f32>;
@group(0) @binding(14) var<storage, read_write> scratch: array<f32>;

alias Total = vec4<f32>;

fn merge(a: Total, b: Total) -> Total {
  return a + b;
}

// dy · weight of element i, the c-th of its row.
fn weighted_slope(i: u32, c: u32) -> f32 {
  var g = dy[p.dy_at + i];
  if (p.has_weight != 0u) {
    g *= weight[p.weight_at + c];
  }
  return g;
}

fn row_gradient(row: u32, thread: u32) {
  let begin = row * p.n;
  let end = select(begin, begin + p.n, row < p.rows);
  let first = begin + lane_of(thread);
  let count = f32(p.n);
  var shift = 0.0;
  if (CENTRED == 1) {
    var sum = 0.0;
    for (var i = first; i < end; i += LANES) {
      sum += x[p.x_at + i];
    }
    shift = merge_lanes(thread, vec4<f32>(sum, 0.0, 0.0, 0.0)).x / count;
  }
  // Σ d, Σ d², Σ g, Σ g d of d = x − shift.
  var sums = vec4<f32>(0.0);
  for (var i = first; i < end; i += LANES) {
    let d = x[p.x_at + i] - shift;
    let g = weighted_slope(i, i - begin);
    sums += vec4<f32>(d, d * d, g, g * d);
  }
  sums = merge_lanes(thread, sums) / count;
  let rest = select(0.0, sums.x, CENTRED == 1);
  let inverse = inverseSqrt(max(sums.y - rest * rest, 0.0) + p.eps);
  let mean_slope = select(0.0, sums.z, CENTRED == 1);
  let mean_product = (sums.w - rest * sums.z) * inverse;
  for (var i = first; i < end; i += LANES) {
    let normal = ((x[p.x_at + i] - shift) - rest) * inverse;
    var value = inverse * ((weighted_slope(i, i - begin) - mean_slope) - normal * mean_product);
    if (p.has_extra != 0u) {
      value += extra[p.extra_at + i];
    }
    dx[p.dx_at + i] = value;
  }
  if (p.has_affine != 0u && lane_of(thread) == 0u && row < p.rows) {
    scratch[3u * row] = shift;
    scratch[3u * row + 1u] = rest;
    scratch[3u * row + 2u] = inverse;
  }
}

fn column_sums(item: u32, thread: u32) {
  let chunk = item / p.n;
  let column = item - chunk * p.n;
  let chunk_rows = (p.rows + p.chunks - 1u) / p.chunks;
  let end = select(0u, min(p.rows, chunk * chunk_rows + chunk_rows), chunk < p.chunks);
  // Σ dy x̂ and Σ dy.
  var sums = vec4<f32>(0.0);
  for (var row = chunk * chunk_rows + lane_of(thread); row < end; row += LANES) {
    let i = row * p.n + column;
    let slope = dy[p.dy_at + i];
    let normal = ((x[p.x_at + i] - scratch[3u * row]) - scratch[3u * row + 1u]) * scratch[3u * row + 2u];
    sums += vec4<f32>(slope * normal, slope, 0.0, 0.0);
  }
  sums = merge_lanes(thread, sums);
  if (lane_of(thread) == 0u && chunk < p.chunks) {
    let at = p.partials_at + 2u * chunk * p.n + column;
    partials[at] = sums.x;
    partials[at + p.n] = sums.y;
  }
}

fn row_norm_backward(group: u32, thread: u32) {
  let item = group * SLOTS + slot_of(thread);
  if (PASS == 0) {
    row_gradient(item, thread);
  } else {
    column_sums(item, thread);
  }
}
