// Slabs added to the rows that indices name (the gradient of an embedding). The positions are first sorted by the row they name, by a stable merge sort whose
// first pass this is: rows get their slabs in the order of the indices, without atomic additions. Takes 16 bytes of scratch storage an index and 4 a row.
// Positions of the padding row, and of rows that do not exist, sort behind all and are left out.
//! use grid scatter_rows_params sort_scratch sort_blocks
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

fn source_pair(list: u32, i: u32) -> vec2<u32> {
  let index = indices[p.indices_at + i];
  if (index >= p.rows) {
    fault[0] = 1u;
  }
  return vec2<u32>(select(index, 0xffffffffu, index >= p.rows || bitcast<i32>(index) == p.padding), i);
}

fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  keep_pair(i, key, place);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  sort_blocks(flat_group(group, groups), lane, 1u, p.count);
}
