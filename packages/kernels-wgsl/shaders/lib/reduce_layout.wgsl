// Where the elements of a reduction lie: words are kept count, reduced count, kept rank, kept (extent, stride)…, reduced rank, reduced (extent, stride)…;
// see the engine's ops/reduction.ts. The first axis takes what is left of an index, as a live count never exceeds it, which saves its division.
//! use words
fn strided_offset(list: u32, index: u32) -> u32 {
  var rest = index;
  var offset = 0u;
  for (var axis = i32(word(list)) - 1; axis > 0; axis--) {
    let extent = word(list + 1u + 2u * u32(axis));
    let next = rest / extent;
    offset += (rest - next * extent) * word(list + 2u + 2u * u32(axis));
    rest = next;
  }
  return offset + select(0u, rest * word(list + 2u), word(list) > 0u);
}
