// The sum of each row's slabs, in the order of the indices: PARTS threads an element, a whole number of elements a workgroup of 256. Where indices are many
// more than rows each part of the positions has a thread of its own; the parts are added in order. Values are read once, outputs written once.
//! use grid scatter_rows_params sort_scratch
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;

const ELEMENTS = 256u / PARTS;
var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = flat_group(group, groups) * ELEMENTS + lane % ELEMENTS;
  let part = lane / ELEMENTS;
  let slab = i / p.inner;
  let o = slab / p.rows;
  let row = slab - o * p.rows;
  let column = i - slab * p.inner;
  var sum = 0.0;
  if (o < p.outer) {
    let begin = scratch[4u * CAPACITY + row];
    let share = (scratch[4u * CAPACITY + row + 1u] - begin + PARTS - 1u) / PARTS;
    let end = min(scratch[4u * CAPACITY + row + 1u], begin + (part + 1u) * share);
    let first = p.values_at + o * p.count * p.inner + column;
    var k = begin + part * share;
    // Four reads on the way at a time.
    for (; k + 4u <= end; k += 4u) {
      let a = values[first + run_place(k) * p.inner];
      let b = values[first + run_place(k + 1u) * p.inner];
      let c = values[first + run_place(k + 2u) * p.inner];
      let d = values[first + run_place(k + 3u) * p.inner];
      sum = (((sum + a) + b) + c) + d;
    }
    for (; k < end; k++) {
      sum += values[first + run_place(k) * p.inner];
    }
  }
  parts[lane] = sum;
  workgroupBarrier();
  if (part == 0u && o < p.outer) {
    for (var other = 1u; other < PARTS; other++) {
      sum += parts[other * ELEMENTS + lane];
    }
    y[p.y_at + i] = sum;
  }
}
