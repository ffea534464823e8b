/** Reverse-mode differentiation on the graph: one loop backwards that emits ordinary ops, so gradients can be differentiated again. */

import { isFloat } from "./dtype.js";
import { TetradError } from "./errors.js";
import { add } from "./ops/add.js";
import { broadcastTo } from "./ops/broadcastTo.js";
import { cast } from "./ops/cast.js";
import { concat } from "./ops/concat.js";
import { reshape } from "./ops/reshape.js";
import { sliceOp } from "./ops/slice.js";
import { sum } from "./ops/sum.js";
import { broadcastAxes, formatShape, type Shape, sameShape } from "./shape.js";
import type { Graph, Node, Tensor } from "./tensor.js";
import { lift, withGraph } from "./trace.js";

/** Sums a broadcast cotangent back to the shape that was broadcast. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const axes = broadcastAxes(shape, dy.shape);
  return reshape(sum(dy, axes, { keepDims: true }), shape);
}

/** Nodes of `graph` that any of `wrt` flows into. */
function reachedFrom(graph: Graph, wrt: readonly Tensor[]): Set<Tensor> {
  const reached = new Set<Tensor>(wrt);
  for (const node of graph.nodes) {
    if (node.inputs.some((x) => reached.has(x))) for (const y of node.outputs) reached.add(y);
  }
  return reached;
}

/** A cotangent of consecutive elements along one axis of a tensor. */
interface Part {
  readonly axis: number;
  readonly begin: number;
  readonly dy: Tensor;
  readonly node: Node;
}

/** What a node reads of its input, where that is a run along a single axis. */
function partOf(node: Node, dy: Tensor): Part | undefined {
  if (node.op !== sliceOp) return undefined;
  const [x] = node.inputs as readonly [Tensor];
  const { begins, steps } = node.attrs as { readonly begins: readonly number[]; readonly steps: readonly number[] };
  const cut = x.shape.flatMap((extent, axis) => (dy.shape[axis] === extent ? [] : [axis]));
  const [axis] = cut;
  return cut.length === 1 && axis !== undefined && steps[axis] === 1 ? { axis, begin: begins[axis] as number, dy, node } : undefined;
}

/** Parts that fill an axis without overlap, in its order; undefined when they do not. */
function tiling(x: Tensor, parts: readonly Part[]): readonly Part[] | undefined {
  const sorted = [...parts].sort((a, b) => a.begin - b.begin);
  let end = 0;
  for (const { axis, begin, dy } of sorted) {
    if (axis !== sorted[0]?.axis || begin !== end) return undefined;
    end += dy.shape[axis] as number;
  }
  return end === x.shape[sorted[0]?.axis ?? 0] ? sorted : undefined;
}

/**
 * Vector-Jacobian product: cotangents of `wrt` given cotangents of `outputs`.
 * A tensor that nothing flows back to gets zeros of its own shape.
 */
export function vjp(outputs: readonly Tensor[], cotangents: readonly Tensor[], wrt: readonly Tensor[]): Tensor[] {
  const graph = (outputs[0] as Tensor).graph;
  const reached = reachedFrom(graph, wrt);
  const targets = new Set(wrt);
  const pending = new Map<Tensor, Tensor>();
  const previous = graph.siteOverride;
  const accumulate = (x: Tensor, dx: Tensor): void => {
    const known = pending.get(x);
    pending.set(x, known === undefined ? dx : add(known, dx));
  };
  // Slices of one tensor often make it whole (queries, keys and values of one product): then their cotangents are joined once instead of padded and added.
  const parts = new Map<Tensor, Part[]>();
  const settle = (x: Tensor): void => {
    const own = parts.get(x);
    if (own === undefined) return;
    parts.delete(x);
    const whole = own.length > 1 ? tiling(x, own) : undefined;
    if (whole !== undefined) {
      const joined = concat(
        whole.map(({ dy }) => dy),
        whole[0]?.axis as number,
      );
      accumulate(x, joined);
      return;
    }
    for (const { dy, node } of own) {
      const [dx] = node.op.gradient({ inputs: node.inputs, outputs: node.outputs, dys: [dy], dy, attrs: node.attrs });
      if (dx !== undefined) accumulate(x, dx);
    }
  };
  return withGraph(graph, () => {
    outputs.forEach((y, i) => accumulate(y, cotangents[i] as Tensor));
    // Nodes appended by the loop itself lie beyond its start, so a snapshot of the length suffices.
    for (let n = graph.nodes.length - 1; n >= 0; n--) {
      const node = graph.nodes[n] as Node;
      graph.siteOverride = node.site;
      node.outputs.forEach(settle);
      if (!node.outputs.some((y) => pending.has(y) && reached.has(y))) continue;
      const dys = node.outputs.map((y) => pending.get(y));
      for (const y of node.outputs) if (!targets.has(y)) pending.delete(y);
      if (!node.inputs.some((x) => reached.has(x) && isFloat(x.dtype))) continue;
      const part = reached.has(node.inputs[0] as Tensor) && dys[0] !== undefined ? partOf(node, dys[0]) : undefined;
      if (part !== undefined) {
        const [x] = node.inputs as readonly [Tensor];
        parts.set(x, [...(parts.get(x) ?? []), part]);
        continue;
      }
      const dxs = node.op.gradient({ inputs: node.inputs, outputs: node.outputs, dys, dy: dys[0] as Tensor, attrs: node.attrs });
      dxs.forEach((dx, i) => {
        const x = node.inputs[i] as Tensor;
        if (dx === undefined || !reached.has(x) || !isFloat(x.dtype)) return;
        // An op that promoted f32 to f64 computes its gradients in f64 as well.
        const typed = dx.dtype === x.dtype ? dx : cast(dx, x.dtype);
        accumulate(x, sumTo(typed, x.shape));
      });
    }
    for (const x of [...parts.keys()]) settle(x);
    graph.siteOverride = previous;
    return wrt.map((x) => pending.get(x) ?? broadcastTo(lift(0, x.dtype, graph), x.shape));
  });
}

/** Gradients of a scalar `loss`; throws SHAPE or DTYPE when it is none. */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.size !== 1) {
    throw new TetradError("SHAPE", {
      op: "grad",
      what: "the function must return one number",
      got: formatShape(loss.shape),
      expected: "[]",
      hint: "reduce it by sum or mean, or use jacobian",
    });
  }
  if (!isFloat(loss.dtype))
    throw new TetradError("DTYPE", { op: "grad", what: "the function must return a floating-point number", got: loss.dtype });
  for (const x of wrt) {
    if (!isFloat(x.dtype))
      throw new TetradError("DTYPE", {
        op: "grad",
        what: `cannot differentiate by ${x.label ?? "a tensor"} of type ${x.dtype}`,
        expected: "f32 or f64",
      });
  }
  const one = withGraph(loss.graph, () => broadcastTo(lift(1, loss.dtype, loss.graph), loss.shape));
  return vjp([loss], [one], wrt);
}
