// What Adafactor's passes know of a step; whoever uses this has its words as `p`.
//! use pow step_scalars
// Flags. PyTorch's form: the rate is at most 1/√t, decay is by the plain rate, and eps1 bounds the root from below.
const TORCH = 1u;
// The step is relative to the parameter's own size.
const RELATIVE = 2u;

fn torch() -> bool {
  return (p.flags & TORCH) != 0u;
}

// Share of the new squares in the averages, t^decay_rate: all of it at the first step.
fn fresh_share() -> f32 {
  return power(step_scalar(STEP) + 1.0, p.decay_rate);
}

// What is added to squares.
fn floor_of_squares() -> f32 {
  return select(p.eps1, 0.0, torch());
}

// The root of a second moment is no less.
fn floor_of_roots() -> f32 {
  return select(0.0, p.eps1, torch());
}

fn plain_rate() -> f32 {
  return step_scalar(LEARNING_RATE) * p.lr_scale;
}

// The rate of this step, for a parameter whose root mean square is `size`.
fn step_size(size: f32) -> f32 {
  var rate = plain_rate();
  if (torch()) {
    rate = min(rate, 1.0 / sqrt(step_scalar(STEP) + 1.0));
  }
  return select(rate, rate * max(p.eps2, size), (p.flags & RELATIVE) != 0u);
}

// The factors of a step on the direction and, by decay, on the parameter.
// size, length: root mean squares of the parameter and of the direction before it is clipped
fn step_factors(size: f32, length: f32) -> vec2<f32> {
  let rate = step_size(size);
  return vec2(rate / max(1.0, length / p.clip), 1.0 - p.weight_decay * select(rate, plain_rate(), torch()));
}
