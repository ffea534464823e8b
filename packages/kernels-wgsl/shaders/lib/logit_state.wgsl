// What is kept of a row's logits as they come (M. Milakov, N. Gimelshein 2018, arXiv:1805.02867): the largest, Σ e^(logit − largest), the
// label's logit, Σ logit.
//! use exp
alias State = vec4<f32>;

// Below every logit, and finite, so that differences are numbers.
fn no_logits() -> State {
  return State(-3.4028234663852886e38, 0.0, 0.0, 0.0);
}

fn joined(a: State, b: State) -> State {
  let top = max(a.x, b.x);
  return State(top, a.y * exp_own(a.x - top) + b.y * exp_own(b.x - top), a.z + b.z, a.w + b.w);
}
