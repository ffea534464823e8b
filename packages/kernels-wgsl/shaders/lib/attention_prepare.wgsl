// The first pass of attention and its gradients: thread i's share of what lib/attention.wgsl finds in `scratch`.
//! use attention
fn prepare(i: u32) {
  if (i < 4u) {
    scratch[i] = random_state[i];
  }
  if (i < sequence_count() + u32(has(PACKED))) {
    let at = SEQUENCES_AT + 4u * i;
    if (has(PACKED)) {
      prepare_packed(at, i);
    } else {
      scratch[at] = 0u;
      scratch[at + 1u] = scalar(2u);
      scratch[at + 2u] = 0u;
      scratch[at + 3u] = scalar(3u);
      if (has(LENGTHS)) {
        scratch[at + 3u] = u32(clamp(lengths[operand_at(7u) + i], 0, i32(scalar(3u))));
      }
    }
  }
  if (has(MASKED) && i < table_at() - mask_at()) {
    scratch[mask_at() + i] = mask[operand_at(5u) + i];
  }
  if (has(ROPE) && i < (free_at() - table_at()) / 2u) {
    scratch[table_at() + 2u * i] = bitcast<u32>(cosines[operand_at(8u) + i]);
    scratch[table_at() + 2u * i + 1u] = bitcast<u32>(sines[operand_at(9u) + i]);
  }
}

// What lies beyond the live tokens does not exist; a damaged list must not reach outside them, nor its differences outside i32.
fn prepare_packed(at: u32, i: u32) {
  let q_first = max(cu_q[operand_at(3u) + i], 0);
  let k_first = max(cu_k[operand_at(4u) + i], 0);
  var q_end = i32(scalar(2u));
  var k_end = i32(scalar(3u));
  if (i < sequence_count()) {
    q_end = min(q_end, cu_q[operand_at(3u) + i + 1u]);
    k_end = min(k_end, cu_k[operand_at(4u) + i + 1u]);
  }
  scratch[at] = u32(q_first);
  scratch[at + 1u] = u32(max(max(q_end, 0) - q_first, 0));
  scratch[at + 2u] = u32(k_first);
  scratch[at + 3u] = u32(max(max(k_end, 0) - k_first, 0));
}
