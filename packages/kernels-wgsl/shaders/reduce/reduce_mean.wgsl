// Mean over axes; NaN over no elements. What each addition rounds off is kept beside the sum (D. E. Knuth's two-sum): the mean of values far from zero is
// subtracted from them elsewhere, and its error is then one of the differences.
//! use grid words special fold
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

const FIRST_WORD = 2u;
alias Total = vec2<f32>;

fn identity() -> Total {
  return Total();
}

fn term(at: u32, j: u32, output: u32) -> Total {
  return Total(x[at], 0.0);
}

fn merge(a: Total, b: Total) -> Total {
  let sum = a.x + b.x;
  let from_b = sum - a.x;
  let rest = (a.x - (sum - from_b)) + (b.x - from_b);
  return Total(sum, a.y + b.y + rest);
}

fn settle(output: u32, total: Total) {
  y[word(0u) + output] = select((total.x + total.y) / f32(max(word(3u), 1u)), not_a_number(), word(3u) == 0u);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  fold(flat_group(group, groups), thread);
}
