// The largest element m of a row and Σ e^(x − m), in one reading: where a larger element comes, what has been added is scaled down (Milakov, Gimelshein
// 2018, arXiv:1805.02867). Four elements at a time, so that there are five exponentials for four elements at most. The kernel's file says fn logit(i).
//! use exp share
// m and the sum.
alias Total = vec2<f32>;

// Below all that a row holds; −∞ is no constant, and −∞ less −∞ no number.
const NO_ELEMENT = vec2<f32>(-3.4e38, 0.0);

fn merge(a: Total, b: Total) -> Total {
  let m = max(a.x, b.x);
  return vec2<f32>(m, a.y * exp_own(a.x - m) + b.y * exp_own(b.x - m));
}

// Of elements begin … end, which every lane of the row gets.
fn softmax_row(thread: u32, begin: u32, end: u32) -> Total {
  var m = NO_ELEMENT.x;
  var sum = NO_ELEMENT.y;
  var i = begin + lane_of(thread);
  for (; i + 3u * LANES < end; i += 4u * LANES) {
    let x = vec4<f32>(logit(i), logit(i + LANES), logit(i + 2u * LANES), logit(i + 3u * LANES));
    let top = max(max(x.x, x.y), max(x.z, x.w));
    if (top > m) {
      sum *= exp_own(m - top);
      m = top;
    }
    sum += (exp_own(x.x - m) + exp_own(x.y - m)) + (exp_own(x.z - m) + exp_own(x.w - m));
  }
  for (; i < end; i += LANES) {
    let x = logit(i);
    if (x > m) {
      sum *= exp_own(m - x);
      m = x;
    }
    sum += exp_own(x - m);
  }
  return merge_lanes(thread, vec2<f32>(m, sum));
}
