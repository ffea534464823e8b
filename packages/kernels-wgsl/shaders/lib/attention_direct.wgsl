// For devices whose threads run one after another: a thread has four rows (or keys) all for itself, no thread waits for another, and operands are read
// where they lie. Rows, keys and elements that do not exist are others that do, whose products nobody looks at.
// Whoever uses it declares what attention_scores wants. Constant: QUADS, vectors of four elements that hold what a row adds up.
//! use attention_scores

// In a loop it begins as Block(): SwiftShader does not clear again what is declared without a value.
alias Block = mat4x4<f32>;
// Four vectors, one for each row, then the next four elements.
alias Sums = array<vec4<f32>, 4 * QUADS>;

struct Places {
  at: vec4<u32>,
  // Of rotation
  position: vec4<u32>,
}

fn query_places(rows: Rows) -> Places {
  let at = vec4<u32>(rows[0].q, rows[1].q, rows[2].q, rows[3].q);
  let positions = vec4<u32>(rows[0].position, rows[1].position, rows[2].position, rows[3].position);
  return Places(select(at, vec4<u32>(operand_at(0u)), at == vec4<u32>(NOWHERE)), positions);
}

fn key_places(s: Sequence, head: u32, j: u32) -> Places {
  let keys = keys_from(s, j);
  return Places(operand_at(1u) + s.index * scalar(11u) + (s.k_first + keys) * scalar(12u) + head * scalar(13u), keys);
}

fn value_places(s: Sequence, head: u32, j: u32) -> vec4<u32> {
  return operand_at(2u) + s.index * scalar(14u) + (s.k_first + keys_from(s, j)) * scalar(15u) + head * scalar(16u);
}

fn queries_at(places: Places, c: u32) -> vec4<f32> {
  let at = places.at;
  if (!HAS_ROPE) {
    return vec4<f32>(q[at.x + c], q[at.y + c], q[at.z + c], q[at.w + c]);
  }
  let position = places.position;
  return vec4<f32>(query(at.x, c, position.x), query(at.y, c, position.y), query(at.z, c, position.z), query(at.w, c, position.w));
}

fn keys_at(places: Places, c: u32) -> vec4<f32> {
  let at = places.at;
  if (!HAS_ROPE) {
    return vec4<f32>(k[at.x + c], k[at.y + c], k[at.z + c], k[at.w + c]);
  }
  let position = places.position;
  return vec4<f32>(key(at.x, c, position.x), key(at.y, c, position.y), key(at.z, c, position.z), key(at.w, c, position.w));
}

// Where elements c … c + 3 of a head are that has so many and begins at `at`.
fn elements_at(at: u32, c: u32, dim: u32) -> vec4<u32> {
  return at + min(c + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(max(dim, 1u) - 1u));
}

// Elements c … c + 3 of one query, one key.
fn query_elements(at: u32, c: u32, position: u32) -> vec4<f32> {
  if (!HAS_ROPE) {
    let place = elements_at(at, c, head_dim());
    return vec4<f32>(q[place.x], q[place.y], q[place.z], q[place.w]);
  }
  return vec4<f32>(query(at, c, position), query(at, c + 1u, position), query(at, c + 2u, position), query(at, c + 3u, position));
}

fn key_elements(at: u32, c: u32, position: u32) -> vec4<f32> {
  if (!HAS_ROPE) {
    let place = elements_at(at, c, head_dim());
    return vec4<f32>(k[place.x], k[place.y], k[place.z], k[place.w]);
  }
  return vec4<f32>(key(at, c, position), key(at, c + 1u, position), key(at, c + 2u, position), key(at, c + 3u, position));
}

// Of four rows' elements and four others.
fn add_products(block: ptr<function, Block>, a: vec4<f32>, b: vec4<f32>) {
  (*block)[0] += a.x * b;
  (*block)[1] += a.y * b;
  (*block)[2] += a.z * b;
  (*block)[3] += a.w * b;
}

fn query_key_products(queries: Places, keys: Places) -> Block {
  var products = Block();
  let dim = head_dim();
  for (var c = 0u; c < dim; c++) {
    add_products(&products, queries_at(queries, c), keys_at(keys, c));
  }
  return products;
}

// Sums of a quad are read once and written once a turn: a place in a thread's own memory that a loop counts costs SwiftShader as much as a buffer's.
fn sums_of(sums: ptr<function, Sums>, quad: u32) -> Block {
  return Block((*sums)[4u * quad], (*sums)[4u * quad + 1u], (*sums)[4u * quad + 2u], (*sums)[4u * quad + 3u]);
}

fn keep_sums(sums: ptr<function, Sums>, quad: u32, block: Block) {
  (*sums)[4u * quad] = block[0];
  (*sums)[4u * quad + 1u] = block[1];
  (*sums)[4u * quad + 2u] = block[2];
  (*sums)[4u * quad + 3u] = block[3];
}
