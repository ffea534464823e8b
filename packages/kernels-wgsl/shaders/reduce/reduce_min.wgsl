// Smallest element over axes; NaN where there is one.
//! use grid words order fold
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

const FIRST_WORD = 2u;
alias Total = u32;

fn identity() -> Total {
  return 0u;
}

fn term(at: u32, j: u32, output: u32) -> Total {
  return falling(x[at]);
}

fn merge(a: Total, b: Total) -> Total {
  return max(a, b);
}

fn settle(output: u32, total: Total) {
  y[word(0u) + output] = from_falling(total);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  fold(flat_group(group, groups), thread);
}
