// How attention kernels read their words (the engine's ops/attentionProblem.ts): behind the kernel's OWN operands the offsets of q, k, v,
// cu_q, cu_k, key mask, bias, key lengths, cos, sin, then scalars. More operands than there are bindings: a first pass
// (attention_prepare.wgsl) gathers the small ones in `scratch`: the random state's four words, four words a sequence, then the mask, then
// pairs (cos, sin); what is behind is the kernel's own.
// Words of the passes follow those of the launch: where the mask, the pairs and the kernel's own begin, and the size of a group of heads.
//! use words
const CAUSAL = 1u;
const PACKED = 2u;
const MASKED = 4u;
const BIASED = 8u;
const LENGTHS = 16u;
const ROPE = 32u;
const DROPOUT = 64u;
const BOTTOM_RIGHT = 128u;
const INTERLEAVED = 256u;
const LSE_GRADIENT = 512u;

const SEQUENCES_AT = 4u;
const NOWHERE = 0xffffffffu;

fn operand_at(i: u32) -> u32 {
  return word(OWN + i);
}

fn scalar(i: u32) -> u32 {
  return word(OWN + 10u + i);
}

fn has(flag: u32) -> bool {
  return (scalar(0u) & flag) != 0u;
}

fn sequence_count() -> u32 {
  return scalar(1u);
}

fn query_heads() -> u32 {
  return scalar(4u);
}

fn key_heads() -> u32 {
  return scalar(5u);
}

fn head_dim() -> u32 {
  return scalar(6u);
}

fn value_dim() -> u32 {
  return scalar(7u);
}

// Heads of q that a head of k and v serves
fn group_size() -> u32 {
  return scalar(34u);
}

// Half the elements of a head that turn
fn rotated_half() -> u32 {
  return scalar(22u);
}

// Places in `scratch`
fn mask_at() -> u32 {
  return scalar(31u);
}

fn table_at() -> u32 {
  return scalar(32u);
}

fn free_at() -> u32 {
  return scalar(33u);
}

// Of cosine and sine. Where queries outnumber keys their positions may lie outside the tables.
fn pair_at(position: u32, pair: u32) -> u32 {
  return table_at() + 2u * min(position * rotated_half() + pair, (free_at() - table_at()) / 2u - 1u);
}

// A batch item, or rows cu[i] … cu[i + 1] − 1 of packed tokens; behind the last one, tokens that belong to none.
struct Sequence {
  index: u32,
  q_first: u32,
  q_length: u32,
  k_first: u32,
  k_length: u32,
  // Position of the first query among the keys
  offset: i32,
}

fn sequence_of(index: u32) -> Sequence {
  var s = Sequence(index, 0u, scalar(2u), 0u, scalar(3u), 0);
  if (has(PACKED | LENGTHS)) {
    let at = SEQUENCES_AT + 4u * index;
    s = Sequence(index, scratch[at], scratch[at + 1u], scratch[at + 2u], scratch[at + 3u], 0);
  }
  if (has(BOTTOM_RIGHT)) {
    s.offset = i32(s.k_length) - i32(s.q_length);
  }
  return s;
}

fn is_uncovered(s: Sequence) -> bool {
  return has(PACKED) && s.index == sequence_count();
}

// Row in what is stored without gaps as (sequence, token, head).
fn dense_query(s: Sequence, i: u32, h: u32) -> u32 {
  return (select(s.index * scalar(23u), s.q_first, has(PACKED)) + i) * query_heads() + h;
}

fn dense_key(s: Sequence, j: u32, h: u32) -> u32 {
  return (select(s.index * scalar(24u), s.k_first, has(PACKED)) + j) * key_heads() + h;
}

// Which sequence and which of its tiles a workgroup has. Lengths of packed sequences are not known when groups are counted: sequence s
// begins with tile ⌊first row of s / rows of a tile⌋ + s, which leaves room for all tiles of those before it, whatever their lengths.
struct Tile {
  sequence: u32,
  head: u32,
  tile: u32,
}

// Tiles of `most` tokens (all there are, or all of an item), each `rows` rows, `size` rows a tile; `field` is where a sequence's first
// token stands.
fn tile_of(flat: u32, most: u32, rows: u32, size: u32, field: u32) -> Tile {
  if (!has(PACKED)) {
    let tiles = max((most * rows + size - 1u) / size, 1u);
    let item = flat / tiles;
    return Tile(item / key_heads(), item % key_heads(), flat % tiles);
  }
  let slots = most * rows / size + sequence_count() + 1u;
  let slot = flat % slots;
  var first = 0u;
  var last = sequence_count();
  while (first < last) {
    let middle = (first + last + 1u) / 2u;
    if (scratch[SEQUENCES_AT + 4u * middle + field] * rows / size + middle <= slot) {
      first = middle;
    } else {
      last = middle - 1u;
    }
  }
  return Tile(first, flat / slots, slot - (scratch[SEQUENCES_AT + 4u * first + field] * rows / size + first));
}
