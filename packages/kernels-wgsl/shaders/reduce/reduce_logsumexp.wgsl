// ln Σ eˣ over axes, given the largest element of each output, which is the result where it is infinite.
//! use grid words exp log special fold
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> largest: array<f32>;

const FIRST_WORD = 3u;
alias Total = f32;

fn identity() -> Total {
  return 0.0;
}

fn term(at: u32, j: u32, output: u32) -> Total {
  let m = largest[word(2u) + output];
  return exp_own(x[at] - select(m, 0.0, is_infinite(m)));
}

fn merge(a: Total, b: Total) -> Total {
  return a + b;
}

fn settle(output: u32, total: Total) {
  let m = largest[word(2u) + output];
  y[word(0u) + output] = select(m + log_own(total), m, is_infinite(m));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  fold(flat_group(group, groups), thread);
}
