// The k best elements of long rows in the order of their positions, a workgroup a row. Four histograms of eight bits each narrow down the key of the last
// one that counts; what has a lesser key, and the first of those that have it, are then put side by side. Reads the row five times, whatever k.
// Shared memory: 2 KiB. Histograms are of whole numbers, so that the order of the atomic additions does not matter.
//! use grid top_k_params scan_256 sort_scratch
var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> chosen: array<u32, 2>;

// Elements that a thread looks at between two sums over the workgroup.
const SPAN = 8u;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = flat_group(group, groups);
  if (row >= p.rows) {
    return;
  }
  // Elements whose key begins as `threshold` does up to `shift`, and how many of them are among the k.
  var threshold = 0u;
  var wanted = p.k;
  for (var digit = 0u; digit < 4u; digit++) {
    let shift = 24u - 8u * digit;
    atomicStore(&histogram[lane], 0u);
    workgroupBarrier();
    for (var i = lane; i < p.n; i += 256u) {
      let key = key_at(row, i);
      // Two shifts, because one by 32 is none.
      if ((((key ^ threshold) >> shift) >> 8u) == 0u) {
        atomicAdd(&histogram[(key >> shift) & 255u], 1u);
      }
    }
    workgroupBarrier();
    let count = atomicLoad(&histogram[lane]);
    let before = scan_256(lane, count).x;
    if (before < wanted && wanted <= before + count) {
      chosen[0] = lane;
      chosen[1] = wanted - before;
    }
    workgroupBarrier();
    threshold |= chosen[0] << shift;
    wanted = chosen[1];
    workgroupBarrier();
  }
  var better = 0u;
  var ties = 0u;
  for (var begin = 0u; begin < p.n; begin += 256u * SPAN) {
    var flags = 0u;
    for (var j = 0u; j < SPAN; j++) {
      let i = begin + lane * SPAN + j;
      if (i < p.n) {
        let key = key_at(row, i);
        // Both counts in one word: a sum over the workgroup is at most 2,048.
        flags += u32(key < threshold) + (u32(key == threshold) << 16u);
      }
    }
    let sums = scan_256(lane, flags);
    var own_better = better + (sums.x & 0xffffu);
    var own_ties = ties + (sums.x >> 16u);
    for (var j = 0u; j < SPAN; j++) {
      let i = begin + lane * SPAN + j;
      if (i < p.n) {
        let key = key_at(row, i);
        let tie = key == threshold;
        if (key < threshold || (tie && own_ties < wanted)) {
          let at = own_better + min(own_ties, wanted);
          if (p.sorted == 0u) {
            put_best(row, at, i);
          } else {
            keep_pair(row * p.k + at, key, i);
          }
        }
        own_better += u32(key < threshold);
        own_ties += u32(tie);
      }
    }
    better += sums.y & 0xffffu;
    ties += sums.y >> 16u;
  }
}
