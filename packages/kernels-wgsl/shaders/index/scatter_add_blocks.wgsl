// Values added at the places that indices name, for many indices along the axis. The positions of each line are first sorted by the index they name, by a
// stable merge sort whose first pass this is; then each element of the output finds its values side by side and in order. Takes 16 bytes of scratch
// storage an index. An index out of range sorts behind all and is left out.
//! use grid words scatter_line sort_scratch sort_blocks
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(14) var<storage, read_write> fault: array<u32>;

fn source_pair(list: u32, i: u32) -> vec2<u32> {
  let line = line_at(list);
  if (!line.inside) {
    return vec2<u32>(0xffffffffu, i);
  }
  let index = indices[word(2u) + line.indices + i * word(7u)];
  if (index >= word(4u)) {
    fault[0] = 1u;
    return vec2<u32>(0xffffffffu, i);
  }
  return vec2<u32>(index, i);
}

fn put_pair(list: u32, length: u32, i: u32, key: u32, place: u32) {
  keep_pair(list * length + i, key, place);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  sort_blocks(flat_group(group, groups), lane, line_count(), word(5u));
}
