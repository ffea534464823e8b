// Copies the rows of a step's batch out of a data set, in an order that a counter-based permutation gives for each epoch, so that nothing
// is stored and any step can be resumed. Rows are of WIDTH words, whatever their elements: on the device every element takes four bytes. A
// workgroup copies a SPAN of words of 64 / LANES rows, LANES threads a row.
//! use grid permute step_scalars
struct Params {
  batch_at: u32,
  data_at: u32,
  scalars_at: u32,
  rows: u32,
  row_bytes: u32,
  batch_rows: u32,
  shuffle: u32,
  seed_low: u32,
  seed_high: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> batch: array<u32>;
@group(0) @binding(2) var<storage, read> data: array<u32>;
@group(0) @binding(3) var<storage, read> scalars: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let spans = (WIDTH + SPAN - 1u) / SPAN;
  let item = flat_group(group, groups);
  let i = (item / spans) * (64u / LANES) + lane / LANES;
  let step = u32(step_scalar(STEP));
  let steps_per_epoch = (p.rows + p.batch_rows - 1u) / p.batch_rows;
  let first = (step % steps_per_epoch) * p.batch_rows;
  if (i >= min(p.batch_rows, p.rows - first)) {
    return;
  }
  var row = first + i;
  if (p.shuffle != 0u) {
    row = permute(row, p.rows, vec2(p.seed_low, p.seed_high ^ (step / steps_per_epoch)));
  }
  let begin = (item % spans) * SPAN;
  for (var j = begin + lane % LANES; j < min(WIDTH, begin + SPAN); j += LANES) {
    batch[p.batch_at + i * WIDTH + j] = data[p.data_at + row * WIDTH + j];
  }
}
