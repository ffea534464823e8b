/**
 * How a reduction reads its words and shares its work. Words, after the pointers: kept count, reduced count, kept rank, kept
 * (extent, stride)…, reduced rank, reduced (extent, stride)…; strides in elements. Counts may be below the product of the
 * extents: a bounded axis comes first among its kind, so the live elements are a prefix.
 */
import { SHARED_SCRATCH_BYTES } from "./control";

/** Below this many elements a second thread costs more than it brings. */
const SPLIT_LEAST: i64 = 2048;
/** Elements of one partial result where few outputs are made of many elements. */
const CHUNK: i32 = 1024;
const CHUNKED_LEAST: i64 = 16384;
const CHUNKED_OUTPUTS: i32 = 64;

// @ts-ignore: decorator
@inline
export function kept_count(q: usize): i32 {
  return load<i32>(q);
}

// @ts-ignore: decorator
@inline
export function reduced_count(q: usize): i32 {
  return load<i32>(q, 4);
}

/** Address of the kept axes: their rank, then pairs. */
// @ts-ignore: decorator
@inline
export function kept_axes(q: usize): usize {
  return q + 8;
}

// @ts-ignore: decorator
@inline
export function reduced_axes(q: usize): usize {
  return q + 12 + (<usize>load<i32>(q, 8) << 3);
}

// @ts-ignore: decorator
@inline
export function rank_of(axes: usize): i32 {
  return load<i32>(axes);
}

/** Extent of the innermost axis; 1 where there is none. */
export function inner_extent(axes: usize): i32 {
  const rank = load<i32>(axes);
  return rank == 0 ? 1 : load<i32>(axes + (<usize>rank << 3) - 4);
}

/** Stride of the innermost axis; `none` where there is none. */
export function inner_stride(axes: usize, none: i32): i32 {
  const rank = load<i32>(axes);
  return rank == 0 ? none : load<i32>(axes + (<usize>rank << 3));
}

/** Offset in elements of the flat index `index` over all axes but the last `skip` ones. */
export function offset_of(axes: usize, skip: i32, index: i32): i32 {
  let offset = 0;
  for (let i = load<i32>(axes) - skip; i > 0; i--) {
    const axis = axes + (<usize>i << 3);
    const extent = load<i32>(axis - 4);
    const outer = index / extent;
    // The first axis takes what is left: a live count never exceeds it.
    offset += (i == 1 ? index : index - outer * extent) * load<i32>(axis);
    index = outer;
  }
  return offset;
}

/** True when one thread had better do all. */
// @ts-ignore: decorator
@inline
export function is_small(kept: i32, reduced: i32): bool {
  return <i64>kept * <i64>reduced < SPLIT_LEAST;
}

/** Reduced elements per partial result, 0 = no partials; a function of the sizes only, as the order of additions depends on it. */
export function chunk_length(kept: i32, reduced: i32): i32 {
  if (kept > CHUNKED_OUTPUTS || <i64>kept * <i64>reduced < CHUNKED_LEAST || reduced < 2 * CHUNK) return 0;
  const most = <i32>(SHARED_SCRATCH_BYTES >> 3) / kept;
  let chunk = CHUNK;
  while ((reduced + chunk - 1) / chunk > most) chunk <<= 1;
  return chunk;
}
