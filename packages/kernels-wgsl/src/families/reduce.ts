/** Reductions over axes, and what works along rows. */
import type { Family, Kernel, LaunchShape, Pass } from "../kernel.js";
import { chunksFor, columnLanes, lanesFor, powerOfTwo, SHARING } from "../share.js";

/** How a reduction is shared out. It follows from the extents in the words, which are the most there may be, and not from the counts, which may be live. */
function foldPlan({ words }: LaunchShape) {
  const axes = (list: number) => {
    const rank = words[list] as number;
    const extents = Array.from({ length: rank }, (_, i) => words[list + 1 + 2 * i] as number);
    return { count: extents.reduce((count, extent) => count * extent, 1), stride: rank === 0 ? 1 : (words[list + 2 * rank] as number) };
  };
  const kept = axes(2);
  const reduced = axes(3 + 2 * (words[2] as number));
  const columns = kept.stride === 1 && kept.count > 1 && reduced.stride !== 1;
  const lanes = columns ? columnLanes(reduced.count, kept.count) : lanesFor(reduced.count);
  const { chunks, chunk } = chunksFor(reduced.count, kept.count, lanes);
  const lastLanes = Math.min(SHARING / Math.min(SHARING, powerOfTwo(kept.count)), powerOfTwo(chunks));
  return { kept: kept.count, columns, lanes, chunks, chunk, lastLanes };
}

/** A reduction as in shaders/lib/fold.wgsl; `totalWords` is the size of a chunk's total. */
function fold(shader: string, totalWords = 1): Kernel {
  const elements: Pass = {
    shader,
    groups: (shape) => {
      const { lanes, chunks } = foldPlan(shape);
      return Math.ceil(((shape.words[0] as number) * chunks * lanes) / SHARING);
    },
    consts: (shape) => {
      const { columns, lanes, chunks, chunk } = foldPlan(shape);
      return { PASS: 0, LANES: lanes, COLUMNS: Number(columns), CHUNKS: chunks, CHUNK: chunk };
    },
  };
  const chunkTotals: Pass = {
    shader,
    groups: (shape) => {
      const { chunks, lastLanes } = foldPlan(shape);
      return chunks === 1 ? 0 : Math.ceil(((shape.words[0] as number) * lastLanes) / SHARING);
    },
    consts: (shape) => {
      const { chunks, lastLanes } = foldPlan(shape);
      return { PASS: 1, LANES: lastLanes, COLUMNS: 1, CHUNKS: chunks, CHUNK: 1 };
    },
  };
  return {
    passes: [elements, chunkTotals],
    scratch: (shape) => {
      const { kept, chunks } = foldPlan(shape);
      return chunks === 1 ? 1 : kept * chunks * totalWords;
    },
  };
}

export const reduce = {
  reduce_argmax: fold("reduce_argmax", 2),
  reduce_argmin: fold("reduce_argmin", 2),
  reduce_max: fold("reduce_max"),
  reduce_mean: fold("reduce_mean"),
  reduce_min: fold("reduce_min"),
  reduce_prod: fold("reduce_prod"),
  reduce_sum: fold("reduce_sum"),
} as const satisfies Family;
