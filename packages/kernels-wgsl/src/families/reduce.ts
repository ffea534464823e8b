/** Reductions over axes, and what works along rows. */
import { type Family, type Kernel, type LaunchShape, ofIntegersToo, type Pass, single } from "../kernel.js";
import { chunkFor, chunkLanes, columnLanes, lanesFor, powerOfTwo, rows, SHARING } from "../share.js";

/** How a reduction is shared out. It follows from the extents in the words, which are the most there may be, and not from the counts, which may be live. */
function foldPlan(shape: LaunchShape) {
  const { words } = shape;
  const axes = (list: number) => {
    const rank = words[list] as number;
    const extents = Array.from({ length: rank }, (_, i) => words[list + 1 + 2 * i] as number);
    return {
      rank,
      count: extents.reduce((count, extent) => count * extent, 1),
      stride: rank === 0 ? 1 : (words[list + 2 * rank] as number),
    };
  };
  const kept = axes(2);
  const reduced = axes(3 + 2 * (words[2] as number));
  const columns = kept.stride === 1 && kept.count > 1 && reduced.stride !== 1;
  const lanes = columns ? columnLanes(reduced.count, kept.count, shape) : lanesFor(reduced.count, shape);
  const chunk = chunkFor(reduced.count, kept.count, lanes);
  return {
    kept: kept.count,
    oneAxis: reduced.rank === 1,
    columns,
    lanes,
    chunk,
    chunks: chunk === 0 ? 1 : Math.ceil(reduced.count / chunk),
  };
}

/** A reduction as in shaders/lib/fold.wgsl; `totalWords` is the size of a chunk's total. */
function fold(shader: string, totalWords = 1): Kernel {
  const elements: Pass = {
    shader,
    groups: (shape) => {
      const { lanes, chunk } = foldPlan(shape);
      const [kept, reduced] = shape.words as [number, number];
      return Math.ceil((kept * (chunk === 0 ? 1 : Math.ceil(reduced / chunk)) * lanes) / SHARING);
    },
    consts: (shape) => {
      const { oneAxis, columns, lanes, chunk } = foldPlan(shape);
      return { PASS: 0, ONE_AXIS: Number(oneAxis), LANES: lanes, COLUMNS: Number(columns), CHUNK: chunk };
    },
  };
  const lastLanes = ({ chunks, kept }: ReturnType<typeof foldPlan>) => (chunks === 1 ? 1 : chunkLanes(chunks, kept));
  const chunkTotals: Pass = {
    shader,
    groups: (shape) => {
      const plan = foldPlan(shape);
      return plan.chunk === 0 ? 0 : Math.ceil(((shape.words[0] as number) * lastLanes(plan)) / SHARING);
    },
    consts: (shape) => {
      const plan = foldPlan(shape);
      return { PASS: 1, ONE_AXIS: 0, LANES: lastLanes(plan), COLUMNS: 1, CHUNK: plan.chunk };
    },
  };
  return {
    passes: [elements, chunkTotals],
    scratch: (shape) => {
      const { kept, chunk, chunks } = foldPlan(shape);
      return chunk === 0 ? 1 : kept * chunks * totalWords;
    },
  };
}

/** Elements of a line that one workgroup runs through; a whole number of its tiles, whatever the lanes. */
const CUMSUM_CHUNK = 4096;

/** Words: slabs, length of a line, inner extent, backwards. Lanes follow from what is not live: a live length belongs to one line, or to columns. */
function cumsumPlan(shape: LaunchShape) {
  const [slabs, n, inner] = shape.words as [number, number, number, number];
  const columns = inner > 1;
  const lanes = columns ? SHARING / Math.min(32, powerOfTwo(inner)) : lanesFor(n, shape);
  const chunks = Math.ceil(n / CUMSUM_CHUNK);
  return { lanes, columns, chunks, groups: Math.ceil((slabs * inner * chunks * lanes) / SHARING) };
}

function cumsumPass(pass: 0 | 1): Pass {
  return {
    shader: "cumsum",
    groups: (shape) => {
      const { chunks, groups } = cumsumPlan(shape);
      return pass === 0 && chunks === 1 ? 0 : groups;
    },
    consts: (shape) => {
      const { lanes, columns } = cumsumPlan(shape);
      return { PASS: pass, LANES: lanes, COLUMNS: Number(columns), CHUNK: CUMSUM_CHUNK };
    },
  };
}

export const reduce = {
  cross_entropy: rows("cross_entropy", 0),
  cross_entropy_backward: rows("cross_entropy_backward", 0),
  // Lines of several chunks have at most twice as many as would fit.
  cumsum: ofIntegersToo({
    passes: [cumsumPass(0), cumsumPass(1)],
    scratch: ({ outputs }) => 1 + Math.ceil((2 * (outputs[0] as number)) / CUMSUM_CHUNK),
  }),
  live_count: single("live_count", () => 1),
  log_softmax: rows("log_softmax", 0),
  log_softmax_backward: rows("log_softmax_backward", 0),
  reduce_argmax: ofIntegersToo(fold("reduce_argmax", 2)),
  reduce_argmin: ofIntegersToo(fold("reduce_argmin", 2)),
  reduce_logsumexp: fold("reduce_logsumexp"),
  reduce_max: ofIntegersToo(fold("reduce_max")),
  reduce_mean: fold("reduce_mean", 2),
  reduce_min: ofIntegersToo(fold("reduce_min")),
  reduce_prod: ofIntegersToo(fold("reduce_prod")),
  reduce_sum: ofIntegersToo(fold("reduce_sum")),
  softmax: rows("softmax", 0),
  softmax_backward: rows("softmax_backward", 0),
} as const satisfies Family;
