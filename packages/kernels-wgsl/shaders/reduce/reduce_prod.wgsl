// Product over axes.
//! use grid words number fold
@group(0) @binding(1) var<storage, read_write> y: array<Number>;
@group(0) @binding(2) var<storage, read> x: array<Number>;

const FIRST_WORD = 2u;
alias Total = Number;

fn identity() -> Total {
  return Number(1);
}

fn term(at: u32, j: u32, output: u32) -> Total {
  return x[at];
}

fn merge(a: Total, b: Total) -> Total {
  return a * b;
}

fn settle(output: u32, total: Total) {
  y[word(0u) + output] = total;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  fold(flat_group(group, groups), thread);
}
