// How a workgroup of 256 threads shares items (outputs of a reduction, rows, channels): LANES threads an item. The lanes of an item are neighbours, so
// that they read neighbouring elements; where COLUMNS is 1 the items' elements lie beside one another instead, and neighbours are lanes of different items.
// Whoever uses this says what the lanes gather: alias Total, fn merge(a: Total, b: Total) -> Total; LANES, a power of two, and COLUMNS come with the pass.
const SLOTS = 256u / LANES;
const LANE_STEP = select(1u, SLOTS, COLUMNS == 1);

var<workgroup> lane_totals: array<Total, 256>;

fn slot_of(thread: u32) -> u32 {
  return select(thread / LANES, thread % SLOTS, COLUMNS == 1);
}

fn lane_of(thread: u32) -> u32 {
  return select(thread % LANES, thread / SLOTS, COLUMNS == 1);
}

// What the lanes of an item have together, by a tree, so that the order depends on LANES alone. Every lane gets it.
fn merge_lanes(thread: u32, value: Total) -> Total {
  if (LANES == 1) {
    return value;
  }
  let lane = lane_of(thread);
  lane_totals[thread] = value;
  workgroupBarrier();
  for (var half = u32(LANES) / 2u; half > 0u; half >>= 1u) {
    if (lane < half) {
      lane_totals[thread] = merge(lane_totals[thread], lane_totals[thread + half * LANE_STEP]);
    }
    workgroupBarrier();
  }
  let total = lane_totals[thread - lane * LANE_STEP];
  workgroupBarrier();
  return total;
}
