// Mean over axes; NaN over no elements.
//! use grid words special fold
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

const FIRST_WORD = 2u;
alias Total = f32;

fn identity() -> Total {
  return 0.0;
}

fn term(at: u32, j: u32, output: u32) -> Total {
  return x[at];
}

fn merge(a: Total, b: Total) -> Total {
  return a + b;
}

fn settle(output: u32, total: Total) {
  y[word(0u) + output] = select(total / f32(max(word(3u), 1u)), not_a_number(), word(3u) == 0u);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  fold(flat_group(group, groups), thread);
}
