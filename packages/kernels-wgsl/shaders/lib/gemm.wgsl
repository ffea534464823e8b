// What all variants of C = op(A) op(B) share: the operands, and where the matrices of a batch begin. A variant declares `y`, which is C,
// and `finish`.
struct Params {
  y_at: u32,
  a_at: u32,
  b_at: u32,
  epilogue_slot: u32,
  epilogue_words: u32,
  m: u32,
  n: u32,
  k: u32,
  lda: u32,
  ldb: u32,
  ldc: u32,
  transpose_a: u32,
  transpose_b: u32,
  accumulate: u32,
  variant: u32,
  batch_rank: u32,
  // extent, stride of A, stride of B, stride of C
  batch: array<vec4<u32>, 8>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;

struct Item {
  a: u32,
  b: u32,
  // Without the offset of y
  c: u32,
  exists: bool,
}

fn item_of(index: u32) -> Item {
  var item = Item(p.a_at, p.b_at, 0u, true);
  var rest = index;
  for (var axis = i32(p.batch_rank) - 1; axis >= 0; axis--) {
    let words = p.batch[axis];
    let at = rest % words.x;
    rest = rest / words.x;
    item.a += at * words.y;
    item.b += at * words.z;
    item.c += at * words.w;
  }
  item.exists = rest == 0u;
  return item;
}

// How far op(A) goes from row to row (x) and along k (y), and op(B) from column to column (x) and along k (y): transposes are strides.
fn strides_a() -> vec2<u32> {
  return select(vec2(p.lda, 1u), vec2(1u, p.lda), p.transpose_a != 0u);
}

fn strides_b() -> vec2<u32> {
  return select(vec2(1u, p.ldb), vec2(p.ldb, 1u), p.transpose_b != 0u);
}
