// Rows of queries and keys, rotated where asked, and what becomes of their products. Whoever uses it declares q, k, bias and scratch.
// Constant: VARIANT, of the flags those that decide what an inner loop does.
//! use attention special exp philox
const HAS_ROPE = (VARIANT & ROPE) != 0u;
const HAS_DROPOUT = (VARIANT & DROPOUT) != 0u;

// Query i of head h.
struct Row {
  // Its first element in q, or NOWHERE
  q: u32,
  position: u32,
  // Keys before it are in sight.
  limit: u32,
  // Of key 0
  bias: u32,
  // Row in what is stored without gaps
  dense: u32,
}

fn row_of(s: Sequence, i: u32, h: u32) -> Row {
  if (i >= s.q_length) {
    return Row(NOWHERE, 0u, 0u, operand_at(6u), 0u);
  }
  let position = i32(i) + s.offset;
  var limit = s.k_length;
  if (has(CAUSAL)) {
    limit = u32(clamp(position + 1, 0, i32(s.k_length)));
  }
  let at = operand_at(0u) + s.index * scalar(8u) + (s.q_first + i) * scalar(9u) + h * scalar(10u);
  let bias_at = operand_at(6u) + s.index * scalar(17u) + h * scalar(18u) + i * scalar(19u);
  return Row(at, u32(position), limit, bias_at, dense_query(s, i, h));
}

// Four neighbours, counted through the queries of all heads that a head of k and v serves: those of one query follow each other.
alias Rows = array<Row, 4>;

fn rows_of(s: Sequence, head: u32, first: u32) -> Rows {
  let size = group_size();
  let h = head * size;
  let i0 = first / size;
  let g0 = first % size;
  let i1 = i0 + u32(g0 + 1u == size);
  let g1 = select(g0 + 1u, 0u, g0 + 1u == size);
  let i2 = i1 + u32(g1 + 1u == size);
  let g2 = select(g1 + 1u, 0u, g1 + 1u == size);
  let i3 = i2 + u32(g2 + 1u == size);
  let g3 = select(g2 + 1u, 0u, g2 + 1u == size);
  return Rows(row_of(s, i0, h + g0), row_of(s, i1, h + g1), row_of(s, i2, h + g2), row_of(s, i3, h + g3));
}

fn grouped_row(s: Sequence, head: u32, row: u32) -> Row {
  return row_of(s, row / group_size(), head * group_size() + row % group_size());
}

fn key_at(s: Sequence, j: u32, h: u32) -> u32 {
  return select(NOWHERE, operand_at(1u) + s.index * scalar(11u) + (s.k_first + j) * scalar(12u) + h * scalar(13u), j < s.k_length);
}

fn value_at(s: Sequence, j: u32, h: u32) -> u32 {
  return select(NOWHERE, operand_at(2u) + s.index * scalar(14u) + (s.k_first + j) * scalar(15u) + h * scalar(16u), j < s.k_length);
}

// Keys j … j + 3, of which those behind the last are the last; there is one at least.
fn keys_from(s: Sequence, j: u32) -> vec4<u32> {
  return min(j + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(max(s.k_length, 1u) - 1u));
}

// Rotary position embedding of element c (J. Su et al. 2021, arXiv:2104.09864): x[c] cosine + x[partner] sine.
struct Turn {
  partner: u32,
  cosine: f32,
  sine: f32,
}

fn turn_of(c: u32, position: u32) -> Turn {
  let half = rotated_half();
  if (c >= 2u * half) {
    return Turn(c, 1.0, 0.0);
  }
  let upper = select(c >= half, (c & 1u) != 0u, has(INTERLEAVED));
  let pair = select(select(c, c - half, upper), c >> 1u, has(INTERLEAVED));
  let apart = select(half, 1u, has(INTERLEAVED));
  let at = pair_at(position, pair);
  let sine = bitcast<f32>(scratch[at + 1u]);
  return Turn(select(c + apart, c - apart, upper), bitcast<f32>(scratch[at]), select(-sine, sine, upper));
}

fn query(at: u32, c: u32, position: u32) -> f32 {
  if (at == NOWHERE || c >= head_dim()) {
    return 0.0;
  }
  if (!HAS_ROPE) {
    return q[at + c];
  }
  let turn = turn_of(c, position);
  return q[at + c] * turn.cosine + q[at + turn.partner] * turn.sine;
}

// A key's position is its place in the sequence.
fn key(at: u32, c: u32, j: u32) -> f32 {
  if (at == NOWHERE || c >= head_dim()) {
    return 0.0;
  }
  if (!HAS_ROPE) {
    return k[at + c];
  }
  let turn = turn_of(c, j);
  return k[at + c] * turn.cosine + k[at + turn.partner] * turn.sine;
}

// Element c of four rows, and of keys j … j + 3.
fn query_quad(rows: Rows, c: u32) -> vec4<f32> {
  return vec4<f32>(
    query(rows[0].q, c, rows[0].position),
    query(rows[1].q, c, rows[1].position),
    query(rows[2].q, c, rows[2].position),
    query(rows[3].q, c, rows[3].position),
  );
}

fn key_quad(s: Sequence, head: u32, j: u32, c: u32) -> vec4<f32> {
  return vec4<f32>(
    key(key_at(s, j, head), c, j),
    key(key_at(s, j + 1u, head), c, j + 1u),
    key(key_at(s, j + 2u, head), c, j + 2u),
    key(key_at(s, j + 3u, head), c, j + 3u),
  );
}

fn score_scale() -> f32 {
  return bitcast<f32>(scalar(27u)) + bitcast<f32>(scalar(28u));
}

// Scores of a row and keys j … j + 3 from their products; −∞ out of sight. What is not there has the last key's bias and mask.
fn scores_of(products: vec4<f32>, row: Row, s: Sequence, j: u32) -> vec4<f32> {
  let keys = keys_from(s, j);
  var scores = products * score_scale();
  if (has(BIASED)) {
    let at = vec4<u32>(row.bias) + keys * scalar(20u);
    scores += vec4<f32>(bias[at.x], bias[at.y], bias[at.z], bias[at.w]);
  }
  var seen = j + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(row.limit);
  if (has(MASKED)) {
    let at = mask_at() + select(s.index * scalar(21u), s.k_first, has(PACKED)) + keys;
    seen = seen & (vec4<u32>(scratch[at.x], scratch[at.y], scratch[at.z], scratch[at.w]) != vec4<u32>(0u));
  }
  return select(vec4<f32>(-infinity()), scores, seen);
}

// What dropout multiplies the weights of a row and keys j … j + 3 by, j a multiple of 4: one block of random words.
fn dropout_factors(row: Row, j: u32) -> vec4<f32> {
  let rate = vec2<f32>(bitcast<f32>(scalar(29u)), bitcast<f32>(scalar(30u)));
  let kept = 1.0 / ((1.0 - rate.x) - rate.y);
  let state = vec4<u32>(scratch[0], scratch[1], scratch[2], scratch[3]);
  let words = random_block(row.dense * ((scalar(24u) + 3u) & ~3u) + j, state, scalar(25u));
  let uniform_numbers = vec4<f32>(words >> vec4<u32>(8u)) * 5.9604644775390625e-8;
  return select(vec4<f32>(0.0), vec4<f32>(kept), uniform_numbers >= vec4<f32>(rate.x));
}

// Both for four rows and four keys: from rows of four keys to columns of four rows.
fn score_columns(products: mat4x4<f32>, rows: Rows, s: Sequence, j: u32) -> mat4x4<f32> {
  return transpose(mat4x4<f32>(
    scores_of(products[0], rows[0], s, j),
    scores_of(products[1], rows[1], s, j),
    scores_of(products[2], rows[2], s, j),
    scores_of(products[3], rows[3], s, j),
  ));
}

fn dropout_columns(rows: Rows, j: u32) -> mat4x4<f32> {
  return transpose(mat4x4<f32>(
    dropout_factors(rows[0], j),
    dropout_factors(rows[1], j),
    dropout_factors(rows[2], j),
    dropout_factors(rows[3], j),
  ));
}

fn exp_of(x: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(exp_own(x.x), exp_own(x.y), exp_own(x.z), exp_own(x.w));
}

// Of each element, where a matrix product is not meant.
fn times(a: mat4x4<f32>, b: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]);
}
