/** Sizes at which an op's speed is worth knowing: its own generated cases are chosen for bugs, so they are sized up to a few megabytes an operand. */
import type { Op, OpCase, Shape } from "@tetrad/engine";
import { uniform } from "./random.js";

type CaseInput = OpCase["inputs"][number];
type Values = Float32Array | Int32Array | Uint8Array;

/** 8 MiB of f32: beyond the second-level caches of today's cores, as the roof's own probe is. */
export const ELEMENTS = 1 << 21;
/** No call may take longer than some tenths of a second. */
const MOST_FLOPS = 1e9;

export interface SizedCase {
  readonly inputs: readonly CaseInput[];
  readonly attrs: OpCase["attrs"];
  /** Inputs' shapes, for the table. */
  readonly label: string;
  /** Each output element comes from the elements at its own place. */
  readonly elementwise: boolean;
}

const ROWS: CaseInput = { shape: [2048, 1024] };
const reduction = { inputs: [ROWS], attrs: { axes: [1], keepDims: false } };
/** Tokens of a transformer, and images of a convolutional network behind its first layer. */
const TOKENS: CaseInput = { shape: [4096, 512] };
const WIDTH: CaseInput = { shape: [512] };
/** Norms are held against copy's bandwidth, which only says something of tensors that no cache holds: 50 MB in, 50 MB out. */
const MANY_TOKENS: CaseInput = { shape: [16_384, 768] };
const WIDER: CaseInput = { shape: [768] };
const IMAGES: CaseInput = { shape: [64, 32, 32, 32] };
const CHANNELS: CaseInput = { shape: [32] };
const grouped = { eps: 1e-5, weight: true, groups: 8 };
const VOCABULARY = 30_522;
const IDS: CaseInput = { shape: [4096], dtype: "i32", range: [0, VOCABULARY] };

/** Ops whose attributes tie them to the extents of their cases, or whose natural shapes are not a long first axis. */
const BY_HAND: Readonly<Record<string, { readonly inputs: readonly CaseInput[]; readonly attrs?: OpCase["attrs"] }>> = {
  ...Object.fromEntries(["sum", "mean", "max", "min", "prod", "logSumExp", "argmax", "argmin"].map((name) => [name, reduction])),
  matmul: { inputs: [{ shape: [512, 512] }, { shape: [512, 512] }], attrs: { transposeA: false, transposeB: false } },
  uniform: { inputs: [], attrs: { shape: [ELEMENTS], dtype: "f32", stream: 1 } },
  normal: { inputs: [], attrs: { shape: [ELEMENTS], dtype: "f32", stream: 1 } },
  slice: { inputs: [ROWS], attrs: { begins: [0, 0], extents: [2048, 512], steps: [1, 2] } },
  transpose: { inputs: [ROWS], attrs: { permutation: [1, 0] } },
  broadcastTo: { inputs: [{ shape: [1, 1024] }], attrs: { shape: [2048, 1024] } },
  softmax: { inputs: [TOKENS] },
  softmaxBackward: { inputs: [TOKENS, TOKENS] },
  logSoftmax: { inputs: [TOKENS] },
  logSoftmaxBackward: { inputs: [TOKENS, TOKENS] },
  layerNorm: { inputs: [MANY_TOKENS, WIDER, WIDER] },
  addLayerNorm: { inputs: [TOKENS, TOKENS, WIDTH, WIDTH] },
  layerNormBackward: { inputs: [TOKENS, TOKENS, WIDTH] },
  rmsNorm: { inputs: [MANY_TOKENS, WIDER] },
  addRmsNorm: { inputs: [TOKENS, TOKENS, WIDTH] },
  rmsNormBackward: { inputs: [TOKENS, TOKENS, WIDTH] },
  batchNorm: { inputs: [IMAGES, CHANNELS, CHANNELS] },
  addBatchNorm: { inputs: [IMAGES, IMAGES, CHANNELS, CHANNELS] },
  batchNormBackward: { inputs: [IMAGES, IMAGES, IMAGES, CHANNELS] },
  groupNorm: { inputs: [IMAGES, CHANNELS, CHANNELS], attrs: { ...grouped, bias: true, residual: false } },
  addGroupNorm: { inputs: [IMAGES, IMAGES, CHANNELS, CHANNELS], attrs: { ...grouped, bias: true, residual: true } },
  groupNormBackward: { inputs: [IMAGES, IMAGES, IMAGES, CHANNELS], attrs: { ...grouped, extra: true } },
  cumsum: { inputs: [ROWS], attrs: { axis: 1, reverse: false } },
  take: { inputs: [{ shape: [VOCABULARY, 384] }, IDS], attrs: { axis: 0, padding: -1 } },
  indexCopy: { inputs: [{ shape: [VOCABULARY, 384] }, IDS, { shape: [4096, 384] }] },
  scatterRows: { inputs: [{ shape: [4096, 384] }, IDS], attrs: { axis: 0, extent: VOCABULARY, padding: -1 } },
};

function size(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** An element-wise op of one operand on so many elements. */
export function flatCase(elements: number): SizedCase {
  return labelled([{ shape: [elements] }], {}, true);
}

/** Undefined for an op without cases. */
export function sizedCase(op: Op): SizedCase | undefined {
  const chosen = BY_HAND[op.name];
  const cases = op.cases().filter(({ inputs }) => inputs.every(({ shape }) => size(shape) > 0));
  const plain = cases.filter(({ inputs }) => inputs.every(({ transposed }) => transposed !== true));
  const elements = ({ inputs }: Pick<OpCase, "inputs">) => inputs.reduce((sum, { shape }) => sum + size(shape), 0);
  const largest = (plain.length > 0 ? plain : cases).reduce<OpCase | undefined>(
    (best, one) => (best === undefined || elements(one) > elements(best) ? one : best),
    undefined,
  );
  if (largest === undefined) return undefined;
  if (chosen !== undefined) return labelled(chosen.inputs, chosen.attrs ?? largest.attrs, false);
  if (op.lowering.kind === "elementwise")
    return labelled(
      largest.inputs.map((input) => ({ ...input, shape: [ELEMENTS] })),
      largest.attrs,
      true,
    );
  return labelled(lengthened(op, largest), largest.attrs, false);
}

function labelled(inputs: readonly CaseInput[], attrs: OpCase["attrs"], elementwise: boolean): SizedCase {
  return { inputs, attrs, elementwise, label: inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" ") };
}

/** The case with a longer first axis, of the first operand and of those that are as long; the others are weights. */
function lengthened(op: Op, { inputs, attrs }: OpCase): readonly CaseInput[] {
  // Decompositions cost the cube of an extent, and their cases are square.
  if (op.tolerance === "decomposition") return inputs;
  const longest = Math.max(...inputs.map(({ shape }) => size(shape)));
  const rows = inputs[0]?.shape[0];
  for (let factor = Math.floor(ELEMENTS / longest); factor > 1; factor >>= 1) {
    const longer = inputs.map((input) => (input.shape[0] === rows ? stretched(input, factor) : input));
    try {
      const specs = longer.map(({ shape, dtype = "f32" }) => ({ shape, dtype }));
      const outputs = op.infer(specs, attrs);
      const most = Math.max(...outputs.map(({ shape }) => size(shape)));
      if (op.flops(specs, outputs, attrs) <= MOST_FLOPS && most <= 4 * ELEMENTS) return longer;
    } catch {
      return inputs; // its attributes hold it to these extents
    }
  }
  return inputs;
}

function stretched(input: CaseInput, factor: number): CaseInput {
  const [first, ...rest] = input.shape;
  return first === undefined ? input : { ...input, shape: [first * factor, ...rest] };
}

/** Seeded values in the case's range; exact ones are repeated. */
export function fillInput({ shape, dtype = "f32", range = [-2, 2], values }: CaseInput, seed: number): Values {
  const [lo, hi] = range;
  const next = uniform(seed);
  const length = size(shape);
  const filled = dtype === "i32" ? new Int32Array(length) : dtype === "bool" ? new Uint8Array(length) : new Float32Array(length);
  // A plain loop: `from` with a function takes ten times as long, half a minute of the suite.
  for (let i = 0; i < length; i++) {
    const x = values === undefined ? lo + (hi - lo) * next() : (values[i % values.length] as number);
    filled[i] = dtype === "i32" ? Math.floor(x) : dtype === "bool" ? Number(values === undefined ? x < (lo + hi) / 2 : x !== 0) : x;
  }
  return filled;
}
