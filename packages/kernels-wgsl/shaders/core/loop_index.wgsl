// The turn of a loop: set where a loop begins, moved on where a turn ends.
struct Params {
  index_at: u32,
  value: i32,
  add: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> index: array<i32>;

@compute @workgroup_size(1)
fn main() {
  index[p.index_at] = select(p.value, index[p.index_at] + p.value, p.add != 0u);
}
