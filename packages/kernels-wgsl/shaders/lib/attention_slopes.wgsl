// What the gradients of attention share: weights computed anew from lse, and the slopes of the scores. Whoever uses it declares v and dy
// besides what attention_scores wants. From free_at() on the scratch storage has lse and delta of each row, as attention_delta.wgsl leaves
// them.
//! use attention_scores

fn value(at: u32, c: u32) -> f32 {
  if (at == NOWHERE || c >= value_dim()) {
    return 0.0;
  }
  return v[at + c];
}

// The gradient of what a row gives; o, lse, dy and dlse are the last of the kernel's own operands.
fn output_slope(row: Row, c: u32) -> f32 {
  if (row.q == NOWHERE || c >= value_dim()) {
    return 0.0;
  }
  return dy[word(OWN - 2u) + row.dense * value_dim() + c];
}

// Element c of the values of keys j … j + 3, and of what four rows' outputs have for gradients.
fn value_quad(s: Sequence, head: u32, j: u32, c: u32) -> vec4<f32> {
  return vec4<f32>(
    value(value_at(s, j, head), c),
    value(value_at(s, j + 1u, head), c),
    value(value_at(s, j + 2u, head), c),
    value(value_at(s, j + 3u, head), c),
  );
}

fn output_slope_quad(rows: Rows, c: u32) -> vec4<f32> {
  return vec4<f32>(output_slope(rows[0], c), output_slope(rows[1], c), output_slope(rows[2], c), output_slope(rows[3], c));
}

struct Slopes {
  // Of a row and keys j … j + 3: weights times dropout's factors, and the gradients of the scores
  weights: vec4<f32>,
  scores: vec4<f32>,
}

// From the products q · k and dy · v.
fn slopes_of(products: vec4<f32>, gradients: vec4<f32>, row: Row, s: Sequence, j: u32) -> Slopes {
  let at = free_at() + 2u * row.dense;
  let lse = bitcast<f32>(scratch[at]);
  let delta = bitcast<f32>(scratch[at + 1u]);
  let w = exp_of(scores_of(products, row, s, j) - lse);
  if (HAS_DROPOUT) {
    let factors = dropout_factors(row, j);
    return Slopes(w * factors, w * (gradients * factors - delta));
  }
  return Slopes(w, w * (gradients - delta));
}
