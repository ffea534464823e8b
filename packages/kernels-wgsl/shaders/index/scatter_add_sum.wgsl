// Values added at the places that indices name, the last pass: a thread owns an element of the output, finds the positions that name it, which are sorted, by
// bisection, and adds their values in order.
//! use grid words scatter_line sort_scratch
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> values: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let element = scatter_element(flat_group(group, groups) * 64u + lane);
  if (element.x >= line_count()) {
    return;
  }
  let line = line_at(element.x);
  let count = word(5u);
  let first = element.x * count;
  var low = 0u;
  var high = count;
  while (low < high) {
    let middle = (low + high) >> 1u;
    if (run_key(first + middle) < element.y) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  let at = line.output + element.y * word(6u);
  var sum = x[word(1u) + at];
  for (; low < count && run_key(first + low) == element.y; low++) {
    sum += values[word(3u) + line.values + run_place(first + low) * word(8u)];
  }
  y[word(0u) + at] = sum;
}
