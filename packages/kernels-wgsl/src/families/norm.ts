/** Normalisations. */
import { type Family, type Kernel, type LaunchShape, type Pass, passesOf } from "../kernel.js";
import { chunkFor, chunkLanes, columnLanes, lanesFor, rows, SHARING } from "../share.js";

/** Words: rows, row length, weight given, parameters wanted, extra given, chunks of rows, eps. Rows may be live, what they are at most is not. */
function rowNormBackward(shader: string): Kernel {
  const rowLanes = (shape: LaunchShape) => lanesFor(shape.words[1] as number, shape);
  const mostRows = ({ outputs, words }: LaunchShape) => (outputs[0] as number) / Math.max(1, words[1] as number);
  const columnSumLanes = (shape: LaunchShape) => columnLanes(mostRows(shape) / (shape.words[5] as number), shape.words[1] as number, shape);
  return {
    passes: [
      {
        shader,
        groups: (shape) => Math.ceil(((shape.words[0] as number) * rowLanes(shape)) / SHARING),
        consts: (shape) => ({ PASS: 0, LANES: rowLanes(shape), COLUMNS: 0 }),
      },
      {
        shader,
        groups: (shape) => {
          const [, n, , affine, , chunks] = shape.words as [number, number, number, number, number, number];
          return affine === 0 ? 0 : Math.ceil((chunks * n * columnSumLanes(shape)) / SHARING);
        },
        consts: (shape) => ({ PASS: 1, LANES: columnSumLanes(shape), COLUMNS: 1 }),
      },
    ],
    scratch: (shape) => 1 + 3 * mostRows(shape),
  };
}

/** Words of a chunk's moments. */
const MOMENTS = 5;
/** Elements of a thread in the pass that writes. */
const WRITTEN = 4;

/** How slabs are shared out. The words: units, slabs per unit, span, strides of both, groups, channels per group, channel step, …; units or slabs may be live. */
function slabPlan(shape: LaunchShape) {
  const { words, outputs } = shape;
  const [units, slabs, span, , slabStride, , , step] = words as [number, number, number, number, number, number, number, number];
  const size = outputs[0] as number;
  // Over a batch the slabs are samples, which may be live; in groups the units are.
  const length = step === 0 ? size / units : slabs * span;
  const most = step === 0 ? units : size / length;
  const columns = span === 1 && slabStride !== 1;
  const lanes = columns ? columnLanes(length, most, shape) : lanesFor(length, shape);
  const chunk = chunkFor(length, most, lanes);
  const chunks = chunk === 0 ? 1 : Math.ceil(length / chunk);
  const live = units * slabs * span;
  return { units, most, columns, lanes, chunk, chunks, live, liveChunks: chunk === 0 ? 1 : Math.ceil((slabs * span) / chunk) };
}

type SlabPlan = ReturnType<typeof slabPlan>;

/** A normalisation as in shaders/lib/slabs.wgsl. */
function slabNorm(shader: string): Kernel {
  const pass = (PASS: number, lanes: (plan: SlabPlan) => number, groups: (plan: SlabPlan) => number): Pass => ({
    shader,
    groups: (shape) => {
      const plan = slabPlan(shape);
      return PASS > 0 && plan.chunk === 0 ? 0 : Math.ceil(groups(plan));
    },
    consts: (shape) => {
      const plan = slabPlan(shape);
      return { PASS, LANES: lanes(plan), COLUMNS: PASS === 0 ? Number(plan.columns) : 1, CHUNK: plan.chunk };
    },
  });
  const unitLanes = ({ chunks, most }: SlabPlan) => chunkLanes(chunks, most);
  return {
    passes: [
      pass(
        0,
        ({ lanes }) => lanes,
        ({ units, liveChunks, lanes }) => (units * liveChunks * lanes) / SHARING,
      ),
      pass(1, unitLanes, (plan) => (plan.units * unitLanes(plan)) / SHARING),
      pass(
        2,
        () => 1,
        ({ live }) => live / (WRITTEN * SHARING),
      ),
    ],
    scratch: (shape) => {
      const { most, chunk, chunks } = slabPlan(shape);
      return MOMENTS * (chunk === 0 ? most : most * (chunks + 1)) + 1;
    },
  };
}

/** A residual added, then batchNorm; there are not bindings enough for all of it, so that y is always a pass of its own. */
function addBatchNorm(): Kernel {
  const slabs = slabNorm("add_batch_norm");
  const write: Pass = {
    shader: "add_batch_norm_write",
    groups: (shape) => Math.ceil(slabPlan(shape).live / (WRITTEN * SHARING)),
    consts: (shape) => ({ PASS: 2, LANES: 1, COLUMNS: 1, CHUNK: slabPlan(shape).chunk }),
  };
  return { ...slabs, passes: (shape) => [...passesOf(slabs, shape).slice(0, 2), write] };
}

/** Gradient of groupNorm: then a pass over the channels of samples. */
function groupNormBackward(): Kernel {
  const shader = "group_norm_backward";
  const slabs = slabNorm(shader);
  const lanes = (shape: LaunchShape) => lanesFor(shape.words[2] as number, shape);
  const channels: Pass = {
    shader,
    groups: (shape) => Math.ceil(((shape.words[0] as number) * (shape.words[1] as number) * lanes(shape)) / SHARING),
    consts: (shape) => ({ PASS: 3, LANES: lanes(shape), COLUMNS: 0, CHUNK: slabPlan(shape).chunk }),
  };
  return { ...slabs, passes: (shape) => [...passesOf(slabs, shape), channels] };
}

export const norm = {
  add_batch_norm: addBatchNorm(),
  add_group_norm: slabNorm("add_group_norm"),
  add_layer_norm: rows("add_layer_norm", 0),
  add_rms_norm: rows("add_rms_norm", 0),
  batch_norm: slabNorm("batch_norm"),
  batch_norm_backward: slabNorm("batch_norm_backward"),
  group_norm: slabNorm("group_norm"),
  group_norm_backward: groupNormBackward(),
  layer_norm: rows("layer_norm", 0),
  layer_norm_backward: rowNormBackward("layer_norm_backward"),
  rms_norm: rows("rms_norm", 0),
  rms_norm_backward: rowNormBackward("rms_norm_backward"),
} as const satisfies Family;
