/** Turns a function over symbolic tensors into a graph, and appends ops to the graph being traced. */

import { type DType, hostArray, isFloat, promote } from "./dtype.js";
import { TetradError } from "./errors.js";
import type { Op } from "./op.js";
import { formatShape, type Shape, sizeOf } from "./shape.js";
import { captureSite, formatSite } from "./site.js";
import { type Attrs, Graph, type Spec, Tensor } from "./tensor.js";

/** Graphs being traced on this thread, innermost last. Tracing is synchronous, so this is a call stack, not state. */
const tracing: Graph[] = [];

export function withGraph<R>(graph: Graph, f: () => R): R {
  tracing.push(graph);
  try {
    return f();
  } catch (error) {
    // What an op refused before it reached the graph names the user's line too.
    throw error instanceof TetradError ? error.locatedAt(formatSite({ error })) : error;
  } finally {
    tracing.pop();
  }
}

function currentGraph(op: string): Graph {
  const graph = tracing[tracing.length - 1];
  if (graph === undefined) {
    throw new TetradError("ARGUMENT", {
      op,
      what: "called outside a traced function",
      at: formatSite(captureSite()),
      hint: "wrap the computation in a function and pass it to engine.run or engine.compileFunction",
    });
  }
  return graph;
}

export type TensorLike = Tensor | number;

/** A number becomes a scalar constant of `dtype`; a tensor stays what it is. */
export function lift(x: TensorLike, dtype: DType, graph: Graph): Tensor {
  return typeof x === "number" ? graph.constant(Float64Array.of(x), { shape: [], dtype }) : x;
}

/** The type that numbers among `inputs` take: the tensors' own, made floating when a number has a fraction. */
function literalType(inputs: readonly TensorLike[]): DType {
  let dtype: DType | undefined;
  for (const x of inputs) if (typeof x !== "number") dtype = dtype === undefined ? x.dtype : promote(dtype, x.dtype);
  if (dtype !== undefined && !isFloat(dtype) && inputs.some((x) => typeof x === "number" && !Number.isInteger(x))) return "f32";
  return dtype === "bool" ? "i32" : (dtype ?? "f32");
}

/** Appends a node and returns all its outputs; errors of the op's shape rule name the user's line. */
export function applyAll<A extends Attrs>(op: Op<A>, inputs: readonly TensorLike[], attrs: A): readonly Tensor[] {
  const stranger = inputs.find((x) => typeof x !== "number" && !(x instanceof Tensor));
  if (stranger !== undefined) throw new TetradError("ARGUMENT", { op: op.name, what: "neither tensor nor number", got: `${stranger}` });
  const first = inputs.find((x): x is Tensor => x instanceof Tensor);
  const graph = tracing[tracing.length - 1] ?? first?.graph ?? currentGraph(op.name);
  const dtype = literalType(inputs);
  const tensors = inputs.map((x) => lift(x, dtype, graph));
  for (const x of tensors) {
    if (x.graph !== graph) {
      throw new TetradError("ARGUMENT", {
        op: op.name,
        what: "a tensor of another trace was used",
        got: `${x.kind} ${x.label ?? `%${x.id}`} ${formatShape(x.shape)}`,
        at: formatSite(captureSite()),
        hint: "pass it in as an input or a parameter of this function",
      });
    }
  }
  try {
    return graph.append(op, tensors, attrs, op.infer(tensors, attrs));
  } catch (error) {
    if (error instanceof TetradError) throw error.locatedAt(formatSite(graph.siteOverride ?? captureSite()));
    throw error;
  }
}

/** Appends a node with one output. */
export function apply<A extends Attrs>(op: Op<A>, inputs: readonly TensorLike[], attrs: A): Tensor {
  return applyAll(op, inputs, attrs)[0] as Tensor;
}

export type NestedNumbers = number | boolean | ArrayLike<number> | readonly NestedNumbers[];

function nestedShape(data: NestedNumbers): number[] {
  if (typeof data !== "object" || data === null) return [];
  const first = (data as ArrayLike<NestedNumbers>)[0];
  return first === undefined ? [0] : [data.length, ...nestedShape(first)];
}

/** Flattens nested arrays row by row; throws SHAPE when rows differ in length. */
export function flatten(data: NestedNumbers): { shape: number[]; values: Float64Array } {
  const shape = nestedShape(data);
  const values = new Float64Array(sizeOf(shape));
  let next = 0;
  const visit = (part: NestedNumbers, depth: number): void => {
    if (typeof part === "number" || typeof part === "boolean") {
      if (depth === shape.length) {
        values[next++] = Number(part);
        return;
      }
    } else if (depth < shape.length && part?.length === shape[depth]) {
      for (let i = 0; i < part.length; i++) visit((part as ArrayLike<NestedNumbers>)[i] as NestedNumbers, depth + 1);
      return;
    }
    throw new TetradError("SHAPE", { op: "constant", what: "ragged rows, or no numbers", expected: formatShape(shape) });
  };
  visit(data, 0);
  return { shape, values };
}

/**
 * An array literal inside a traced function.
 * @param data nested numbers or a flat array
 * @param shape its shape, when `data` is flat
 */
export function constant(data: NestedNumbers, shape?: Shape, dtype?: DType): Tensor {
  const graph = currentGraph("constant");
  const flat = flatten(data);
  const own = shape ?? flat.shape;
  if (sizeOf(own) !== flat.values.length) {
    throw new TetradError("SHAPE", {
      op: "constant",
      what: "data does not fill the shape",
      got: `${flat.values.length} values`,
      expected: formatShape(own),
    });
  }
  const type =
    dtype ?? (data instanceof Float64Array ? "f64" : data instanceof Int32Array ? "i32" : data instanceof Uint8Array ? "bool" : "f32");
  const rounded = hostArray(type, flat.values.length);
  for (let i = 0; i < rounded.length; i++) rounded[i] = flat.values[i] as number;
  return graph.constant(Float64Array.from(rounded), { shape: own, dtype: type });
}

/** Traces `f` over inputs of the given specs. */
export function traceFunction<R>(
  specs: Readonly<Record<string, Spec>>,
  f: (inputs: Record<string, Tensor>) => R,
): { graph: Graph; result: R } {
  const graph = new Graph();
  const inputs: Record<string, Tensor> = {};
  for (const [name, spec] of Object.entries(specs)) inputs[name] = graph.input(name, spec);
  return { graph, result: withGraph(graph, () => f(inputs)) };
}
