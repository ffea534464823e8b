// The step scalars, one small block of f32 per program, in the order of the engine's SCALAR: what changes from step to step while a plan
// stays as it is. Whoever uses this has them as `scalars`, from `p.scalars_at` on.
const STEP = 0u; // steps taken before this one
const LEARNING_RATE = 1u;
const GRADIENT_SCALE = 2u; // 1, or less where the gradients' global norm was clipped
const GRADIENT_NORM = 3u;
const LAST_LOSS = 4u;
const STOPPED = 5u; // not 0 once a loss of this job was not finite

fn step_scalar(index: u32) -> f32 {
  return scalars[p.scalars_at + index];
}

// True once the job has to end: parameters and moments must stay as they are.
fn stopped() -> bool {
  return step_scalar(STOPPED) != 0.0;
}
