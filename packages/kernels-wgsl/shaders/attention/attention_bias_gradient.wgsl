// The slopes of the scores themselves, a workgroup ROWS queries × 64 keys of a head, summed over the batch items or packed sequences that
// share a bias, in order: nobody else adds to its gradients.
// Registers: 32 products, 16 sums. Global memory for 64 queries: 1024 bytes for 16,384 FLOP, 0.06 bytes a FLOP.
//! use grid words attention_slopes attention_tile
const OWN = 5u;
@group(0) @binding(1) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> q: array<f32>;
@group(0) @binding(7) var<storage, read> k: array<f32>;
@group(0) @binding(8) var<storage, read> v: array<f32>;
@group(0) @binding(12) var<storage, read> bias: array<f32>;
@group(0) @binding(30) var<storage, read_write> scratch: array<u32>;

// A sequence of those that share the bias, and whether any of the tile's queries looks at any of its keys.
struct Part {
  sequence: Sequence,
  counts: bool,
}
var<workgroup> shared_part: Part;

fn part_of(index: u32, i: u32, j: u32) -> Part {
  let s = sequence_of(index);
  let last = i32(min(i + ROWS, s.q_length)) - 1 + s.offset;
  return Part(s, i < s.q_length && j < s.k_length && (!has(CAUSAL) || i32(j) <= last));
}

fn store(item: u32, h: u32, i: u32, j: u32, values: vec4<f32>) {
  let at = word(0u) + ((item * query_heads() + h) * scalar(23u) + i) * scalar(24u);
  for (var c = 0u; c < 4u; c++) {
    if (i < scalar(23u) && j + c < scalar(24u)) {
      dbias[at + j + c] = values[c];
    }
  }
}

@compute @workgroup_size(16, QUADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let across = local.x;
  let down = local.y;
  let flat = flat_group(group, groups);
  let tiles_j = (scalar(24u) + 63u) / 64u;
  let tiles_i = (scalar(23u) + ROWS - 1u) / ROWS;
  let j0 = flat % tiles_j * 64u;
  let i0 = flat / tiles_j % tiles_i * ROWS;
  let h = flat / tiles_j / tiles_i % query_heads();
  let item = flat / tiles_j / tiles_i / query_heads();
  let is_shared = scalar(17u) == 0u;
  if (item >= select(sequence_count(), 1u, is_shared)) {
    return;
  }
  let first = select(item, 0u, is_shared);
  let end = select(item + 1u, sequence_count(), is_shared);
  let head = h / group_size();
  let i = i0 + 4u * down;
  let j = j0 + 4u * across;
  var sums: Block;
  for (var index = first; index < end; index++) {
    if (across + down == 0u) {
      shared_part = part_of(index, i0, j0);
    }
    let part = workgroupUniformLoad(&shared_part);
    if (!part.counts) {
      continue;
    }
    let s = part.sequence;
    let rows = Rows(row_of(s, i, h), row_of(s, i + 1u, h), row_of(s, i + 2u, h), row_of(s, i + 3u, h));
    var products = Block();
    for (var c0 = 0u; c0 < head_dim(); c0 += 16u) {
      let c = c0 + across;
      tile_a[across * PITCH + down] = query_quad(rows, c);
      for (var quad = down; quad < 16u; quad += QUADS) {
        tile_b[across * PITCH_B + quad] = key_quad(s, head, j0 + 4u * quad, c);
      }
      workgroupBarrier();
      add_steps(&products, across, down);
      workgroupBarrier();
    }
    var gradients = Block();
    for (var c0 = 0u; c0 < value_dim(); c0 += 16u) {
      let c = c0 + across;
      tile_a[across * PITCH + down] = output_slope_quad(rows, c);
      for (var quad = down; quad < 16u; quad += QUADS) {
        tile_b[across * PITCH_B + quad] = value_quad(s, head, j0 + 4u * quad, c);
      }
      workgroupBarrier();
      add_steps(&gradients, across, down);
      workgroupBarrier();
    }
    sums[0] += slopes_of(products[0], gradients[0], rows[0], s, j).scores;
    sums[1] += slopes_of(products[1], gradients[1], rows[1], s, j).scores;
    sums[2] += slopes_of(products[2], gradients[2], rows[2], s, j).scores;
    sums[3] += slopes_of(products[3], gradients[3], rows[3], s, j).scores;
  }
  store(item, h, i, j, sums[0]);
  store(item, h, i + 1u, j, sums[1]);
  store(item, h, i + 2u, j, sums[2]);
  store(item, h, i + 3u, j, sums[3]);
}
