/** Turns one of an op's own cases into a graph with data: the outputs, and the gradient of their weighted sum by every float input. */
import { vjp } from "../../packages/engine/src/autodiff.js";
import { type DType, type FloatDType, isFloat } from "../../packages/engine/src/dtype.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import type { CaseInput, Op, OpCase } from "../../packages/engine/src/op.js";
import { transpose } from "../../packages/engine/src/ops/transpose.js";
import { fillUniform } from "../../packages/engine/src/random.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import { Graph, type Tensor } from "../../packages/engine/src/tensor.js";
import { applyAll, withGraph } from "../../packages/engine/src/trace.js";

export interface CaseGraph {
  readonly graph: Graph;
  readonly feeds: Map<Tensor, NdArray>;
  readonly forward: readonly Tensor[];
  /** Gradients by the float inputs that are not frozen; empty where the op says it has none, and where none are asked for. */
  readonly gradients: readonly Tensor[];
}

/** Seeded values in the case's range, rounded to the type, so that every backend and the reference start from the same bits. */
function caseValues(input: CaseInput, dtype: DType, stream: number): ArrayLike<number> {
  if (input.values !== undefined) return dtype === "f32" ? Float32Array.from(input.values) : input.values;
  const [lo, hi] = input.range ?? [-2, 2];
  const drawn = new Float64Array(sizeOf(input.shape));
  fillUniform(drawn, { seed: 11, stream, lo, hi });
  if (dtype === "f32") return Float32Array.from(drawn);
  if (dtype === "i32" || dtype === "u8") return drawn.map(Math.floor);
  return dtype === "bool" ? drawn.map((x) => Number(x > (lo + hi) / 2)) : drawn;
}

export function caseGraph(op: Op, { inputs, attrs }: OpCase, float: FloatDType, withGradients = true): CaseGraph {
  const graph = new Graph();
  const feeds = new Map<Tensor, NdArray>();
  const leaf = (name: string, input: CaseInput, stream: number): Tensor => {
    const dtype = input.dtype ?? float;
    const tensor = graph.input(name, { shape: input.shape, dtype });
    feeds.set(tensor, ndFrom(input.shape, dtype, caseValues(input, dtype, stream)));
    return tensor;
  };
  return withGraph(graph, () => {
    // The case's shape is what the op sees; a transposed operand is stored the other way round.
    const stored = (input: CaseInput): CaseInput => (input.transposed === true ? { ...input, shape: [...input.shape].reverse() } : input);
    const leaves = inputs.map((input, i) => leaf(`in${i}`, stored(input), i));
    const operands = leaves.map((x, i) => (inputs[i]?.transposed === true ? transpose(x) : x));
    const forward = applyAll(op, operands, attrs);
    const outputs = forward.filter((y) => isFloat(y.dtype));
    const wrt = leaves.filter((x, i) => isFloat(x.dtype) && inputs[i]?.frozen !== true);
    if (!withGradients || outputs.length === 0 || wrt.length === 0) return { graph, feeds, forward, gradients: [] };
    const cotangents = outputs.map((y, i) => leaf(`dy${i}`, { shape: y.shape, dtype: y.dtype, range: [-1, 1] }, 100 + i));
    try {
      return { graph, feeds, forward, gradients: vjp(outputs, cotangents, wrt) };
    } catch (error) {
      // An op may say that it has no gradient; it must say so with the coded error.
      if (error instanceof TetradError && error.code === "UNSUPPORTED") return { graph, feeds, forward, gradients: [] };
      throw error;
    }
  });
}
