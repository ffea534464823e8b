// Position of the largest element over axes, the first among equals; NaN counts as largest. A total is an element's rank and its index.
//! use grid words order fold
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

const FIRST_WORD = 2u;
alias Total = vec2<u32>;

fn identity() -> Total {
  return vec2<u32>(0u, 0xffffffffu);
}

fn term(at: u32, j: u32, output: u32) -> Total {
  return vec2<u32>(rising(x[at]), j);
}

fn merge(a: Total, b: Total) -> Total {
  let second = b.x > a.x || (b.x == a.x && b.y < a.y);
  return select(a, b, second);
}

fn settle(output: u32, total: Total) {
  y[word(0u) + output] = total.y;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  fold(flat_group(group, groups), thread);
}
