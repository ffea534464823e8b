/** Runs an op's own cases: the reference against the shape rule, and gradients of first and second order against central differences in float64. */
import { vjp } from "../../packages/engine/src/autodiff.js";
import type { Backend } from "../../packages/engine/src/backends/backend.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { type DType, isFloat } from "../../packages/engine/src/dtype.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import type { CaseInput, Op, OpCase } from "../../packages/engine/src/op.js";
import { swapAxes } from "../../packages/engine/src/ops/transpose.js";
import { type Shape, sameShape, sizeOf } from "../../packages/engine/src/shape.js";
import { Graph, type Tensor } from "../../packages/engine/src/tensor.js";
import { applyAll, withGraph } from "../../packages/engine/src/trace.js";

/** Whoever can run a graph: the reference interpreter, or a backend. */
export type Executor = (graph: Graph, outputs: readonly Tensor[], feeds: ReadonlyMap<Tensor, NdArray>) => Promise<NdArray[]>;

export const referenceExecutor: Executor = async (graph, outputs, feeds) => interpret(graph, outputs, feeds);

/** A graph on a backend, by its contract alone. @throws Error where a second run gives other bits */
export async function runTwice(backend: Backend, ...[graph, outputs, feeds]: Parameters<Executor>): Promise<NdArray[]> {
  const named = new Map(outputs.map((tensor, i) => [`${i}`, tensor] as const));
  const executable = await backend.compile({ graph, outputs: named, leaves: new Map(), seed: 0, maxima: new Map() });
  try {
    const once = async () => {
      for (const [name, tensor] of graph.inputs) executable.write(name, (feeds.get(tensor) as NdArray).data);
      await executable.run();
      return outputs.map((tensor, i) => ndFrom(tensor.shape, tensor.dtype, executable.read(`${i}`).slice()));
    };
    const first = await once();
    (await once()).forEach(({ data }, i) => {
      const at = data.findIndex((value, k) => !Object.is(value, first[i]?.data[k]));
      if (at >= 0) throw new Error(`two runs give other bits: output ${i}, element ${at} is ${first[i]?.data[at]}, then ${data[at]}`);
    });
    return first;
  } finally {
    executable.close();
  }
}

/** The ops among the exports of a module. */
export function opsOf(module: Readonly<Record<string, unknown>>): Op[] {
  return Object.values(module).filter(
    (value): value is Op => typeof value === "object" && value !== null && "infer" in value && "lowering" in value,
  );
}

/** Numbers in [0, 1), the same in every run (a linear congruential generator, Numerical Recipes). */
export function randoms(seed: number): () => number {
  let state = (Math.imul(seed, 2654435761) + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A case's input; floating types become `float`, and values are representable in f32, so that every executor sees the same. */
export function fillCase(input: CaseInput, seed: number, float: "f32" | "f64"): NdArray {
  const dtype: DType = isFloat(input.dtype ?? "f32") ? float : (input.dtype as DType);
  const size = sizeOf(input.shape);
  if (input.values !== undefined)
    return { shape: input.shape, dtype, data: Float64Array.from({ length: size }, (_, i) => input.values?.[i] ?? NaN) };
  const next = randoms(seed);
  const [lo, hi] = input.range ?? [-2, 2];
  const draw = () => lo + (hi - lo) * next();
  const value = () => (dtype === "bool" ? Number(next() < 0.5) : dtype === "i32" ? Math.floor(draw()) : Math.fround(draw()));
  return { shape: input.shape, dtype, data: Float64Array.from({ length: size }, value) };
}

interface Built {
  readonly graph: Graph;
  /** Float inputs that a gradient is asked for. */
  readonly wanted: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly feeds: Map<Tensor, NdArray>;
}

/** The case as a graph; a transposed input is stored with its last two axes exchanged and read through a view. */
export function buildCase(op: Op, { inputs, attrs }: OpCase, float: "f32" | "f64" = "f64"): Built {
  const graph = new Graph();
  const feeds = new Map<Tensor, NdArray>();
  const leaves = inputs.map((input, i) => {
    const array = fillCase(input.transposed === true ? { ...input, shape: swapLast(input.shape) } : input, 17 + i, float);
    const leaf = graph.input(`x${i}`, { shape: array.shape, dtype: array.dtype });
    feeds.set(leaf, array);
    return leaf;
  });
  const outputs = withGraph(graph, () =>
    applyAll(
      op,
      leaves.map((leaf, i) => (inputs[i]?.transposed === true ? swapAxes(leaf) : leaf)),
      attrs,
    ),
  );
  return { graph, wanted: leaves.filter((x, i) => isFloat(x.dtype) && inputs[i]?.frozen !== true), outputs, feeds };
}

function swapLast(shape: Shape): number[] {
  return [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
}

/** Adds a random cotangent for each tensor and returns them as inputs of the graph. */
function cotangents(graph: Graph, ys: readonly Tensor[], name: string, feeds: Map<Tensor, NdArray>): Tensor[] {
  return ys.map((y, i) => {
    const next = randoms(91 + i + name.length);
    const dy = graph.input(`${name}${i}`, { shape: y.shape, dtype: y.dtype });
    feeds.set(dy, { shape: y.shape, dtype: y.dtype, data: Float64Array.from({ length: y.size }, () => 2 * next() - 1) });
    return dy;
  });
}

/** Elements of an input that are probed: all of a small one, else spread over it. */
function probes(size: number, most: number): number[] {
  const count = Math.min(size, most);
  return Array.from({ length: count }, (_, i) => (count === size ? i : Math.floor(((i + 0.5) * size) / count)));
}

const STEP = 1e-5;

/**
 * Compares d Σ w·ys / d xs with central differences. Where the two one-sided differences disagree there is a kink, which has no derivative
 * to compare with; `kinks` says whether such places may occur. Returns how many elements were compared.
 */
function compareWithDifferences(
  graph: Graph,
  ys: readonly Tensor[],
  ws: readonly Tensor[],
  xs: readonly Tensor[],
  slopes: readonly NdArray[],
  feeds: Map<Tensor, NdArray>,
  most: number,
  kinks: boolean,
): number {
  const total = () =>
    interpret(graph, ys, feeds).reduce(
      (sum, y, i) => sum + y.data.reduce((part, v, k) => part + v * ((feeds.get(ws[i] as Tensor) as NdArray).data[k] as number), 0),
      0,
    );
  let compared = 0;
  xs.forEach((x, i) => {
    const { data } = feeds.get(x) as NdArray;
    for (const at of probes(data.length, most)) {
      const kept = data[at] as number;
      const h = STEP * Math.max(1, Math.abs(kept));
      data[at] = kept + h;
      const above = total();
      data[at] = kept - h;
      const below = total();
      data[at] = kept;
      if (kinks) {
        const here = total();
        const [right, left] = [(above - here) / h, (here - below) / h];
        if (Math.abs(right - left) > 1e-3 * Math.max(1, Math.abs(right))) continue;
      }
      const numeric = (above - below) / (2 * h);
      const analytic = slopes[i]?.data[at] as number;
      if (!(Math.abs(analytic - numeric) <= 1e-6 * Math.max(1, Math.abs(numeric))))
        throw new Error(`input ${i}, element ${at}: gradient ${analytic}, central differences ${numeric}`);
      compared++;
    }
  });
  return compared;
}

function checkShapes(values: readonly NdArray[], specs: readonly { shape: Shape }[]): void {
  values.forEach((value, i) => {
    const expected = specs[i]?.shape ?? [];
    if (!sameShape(value.shape, expected) || value.data.length !== sizeOf(expected))
      throw new Error(`output ${i} has shape [${value.shape.join(", ")}], expected [${expected.join(", ")}]`);
  });
}

/** First-order check of one case; returns how many elements were compared. */
export function checkGradientCase(op: Op, single: OpCase): number {
  const { graph, wanted, outputs, feeds } = buildCase(op, single);
  checkShapes(interpret(graph, outputs, feeds), outputs);
  const ys = outputs.filter((y) => isFloat(y.dtype));
  if (wanted.length === 0 || ys.length === 0) return 0;
  const ws = cotangents(graph, ys, "dy", feeds);
  const slopes = interpret(graph, vjp(ys, ws, wanted), feeds);
  checkShapes(slopes, wanted);
  return compareWithDifferences(graph, ys, ws, wanted, slopes, feeds, 16, single.kink === true);
}

/** Second-order check of one case: the gradient's own gradient. */
export function checkSecondOrderCase(op: Op, single: OpCase): number {
  const { graph, wanted, outputs, feeds } = buildCase(op, single);
  const ys = outputs.filter((y) => isFloat(y.dtype));
  if (wanted.length === 0 || ys.length === 0) return 0;
  const ws = cotangents(graph, ys, "dy", feeds);
  const first = vjp(ys, ws, wanted);
  const seconds = cotangents(graph, first, "ddy", feeds);
  const xs = [...wanted, ...ws];
  const slopes = interpret(graph, vjp(first, seconds, xs), feeds);
  checkShapes(slopes, xs);
  return compareWithDifferences(graph, first, seconds, xs, slopes, feeds, 6, single.kink === true);
}
