// The one loop behind all reductions over axes. What is folded stands in the kernel's own file: alias Total with identity() and merge(), the term of an
// element, what settles an output, and FIRST_WORD, where the layout's words begin.
// Few outputs of many elements are cut into chunks of CHUNK elements (0: they stay whole), whose totals go to scratch, and a second pass (PASS 1) folds
// those. An item of the first pass is a chunk of an output. Which thread takes which element follows from the shape alone, and with it the order of additions.
// Reads 4 bytes an element once; a thread has four loads in flight.
//! use words reduce_layout share
@group(0) @binding(14) var<storage, read_write> scratch: array<Total>;

fn fold(group: u32, thread: u32) {
  let item = group * SLOTS + slot_of(thread);
  if (PASS == 0) {
    fold_elements(item, thread);
  } else {
    fold_chunks(item, thread);
  }
}

fn chunk_count() -> u32 {
  if (CHUNK == 0) {
    return 1u;
  }
  return (word(FIRST_WORD + 1u) + CHUNK - 1u) / max(CHUNK, 1u);
}

// Where the elements of an output lie along one axis (ONE_AXIS 1), their places take no division.
fn place_of(list: u32, j: u32) -> u32 {
  if (ONE_AXIS == 1) {
    return j * word(list + 2u);
  }
  return strided_offset(list, j);
}

fn fold_elements(item: u32, thread: u32) {
  let kept = word(FIRST_WORD);
  let reduced_list = FIRST_WORD + 3u + 2u * word(FIRST_WORD + 2u);
  let chunk = item / kept;
  let output = item - chunk * kept;
  let base = word(1u) + strided_offset(FIRST_WORD + 2u, output);
  var a = identity();
  var b = identity();
  var c = identity();
  var d = identity();
  let reduced = word(FIRST_WORD + 1u);
  var j = chunk * CHUNK + lane_of(thread);
  var end = select(reduced, min(reduced, chunk * CHUNK + CHUNK), CHUNK > 0);
  if (chunk >= chunk_count()) {
    end = 0u;
  }
  for (; j + 3u * LANES < end; j += 4u * LANES) {
    let j1 = j + LANES;
    let j2 = j1 + LANES;
    let j3 = j2 + LANES;
    a = merge(a, term(base + place_of(reduced_list, j), j, output));
    b = merge(b, term(base + place_of(reduced_list, j1), j1, output));
    c = merge(c, term(base + place_of(reduced_list, j2), j2, output));
    d = merge(d, term(base + place_of(reduced_list, j3), j3, output));
  }
  for (; j < end; j += LANES) {
    a = merge(a, term(base + place_of(reduced_list, j), j, output));
  }
  let total = merge_lanes(thread, merge(merge(a, b), merge(c, d)));
  if (lane_of(thread) == 0u && chunk < chunk_count()) {
    if (CHUNK == 0) {
      settle(output, total);
    } else {
      scratch[item] = total;
    }
  }
}

fn fold_chunks(output: u32, thread: u32) {
  let kept = word(FIRST_WORD);
  var total = identity();
  if (output < kept) {
    for (var chunk = lane_of(thread); chunk < chunk_count(); chunk += LANES) {
      total = merge(total, scratch[chunk * kept + output]);
    }
  }
  total = merge_lanes(thread, total);
  if (lane_of(thread) == 0u && output < kept) {
    settle(output, total);
  }
}
