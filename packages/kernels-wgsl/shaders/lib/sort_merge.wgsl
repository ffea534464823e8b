// One round of a merge sort of lists: neighbouring runs of WIDTH pairs become one. A workgroup of 256 threads makes 1,024 pairs of the result: where its
// share of both runs begins and ends is found by bisection (merge path, Odeh, Green et al. 2012), the place of each pair in it by another in shared memory
// (4 KiB). Whoever uses it defines run_key(at) and run_place(at), which read the last round's pairs, all lists end to end, and put_pair(list, length, i, key,
// place), which takes the pair that belongs at position i of a list.
var<workgroup> merge_keys: array<u32, 1024>;
var<workgroup> merge_splits: array<u32, 2>;

// How many of the first `at` merged pairs come from the first run; equal keys are taken from it first.
fn merge_split(first: u32, na: u32, nb: u32, at: u32) -> u32 {
  var low = max(at, nb) - nb;
  var high = min(at, na);
  while (low < high) {
    let middle = (low + high) >> 1u;
    if (run_key(first + middle) <= run_key(first + na + at - 1u - middle)) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  return low;
}

fn sort_merge(group: u32, lane: u32, lists: u32, length: u32) {
  let tiles = max((length + 1023u) / 1024u, 1u);
  let list = group / tiles;
  if (list >= lists || length == 0u) {
    return;
  }
  let begin = (group - list * tiles) * 1024u;
  let pair = begin - begin % (2u * WIDTH);
  let na = min(WIDTH, length - pair);
  let nb = min(WIDTH, length - pair - na);
  let first = list * length + pair;
  let at = begin - pair;
  let end = min(at + 1024u, na + nb);
  if (lane < 2u) {
    merge_splits[lane] = merge_split(first, na, nb, select(at, end, lane == 1u));
  }
  workgroupBarrier();
  let a = merge_splits[0];
  let count = end - at;
  let from_a = merge_splits[1] - a;
  // Pairs of the first run, then those of the second.
  let second = na + at - a - from_a;
  for (var i = lane; i < count; i += 256u) {
    merge_keys[i] = run_key(first + i + select(second, a, i < from_a));
  }
  workgroupBarrier();
  for (var i = lane; i < count; i += 256u) {
    let key = merge_keys[i];
    let is_a = i < from_a;
    var low = select(0u, from_a, is_a);
    let other = low;
    var high = select(from_a, count, is_a);
    while (low < high) {
      let middle = (low + high) >> 1u;
      let before = merge_keys[middle] < key || (!is_a && merge_keys[middle] == key);
      if (before) {
        low = middle + 1u;
      } else {
        high = middle;
      }
    }
    let rank = low - other + select(i - from_a, i, is_a);
    put_pair(list, length, begin + rank, key, run_place(first + i + select(second, a, is_a)));
  }
}
