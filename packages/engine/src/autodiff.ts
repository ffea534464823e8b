/** Reverse-mode differentiation on the graph: one loop backwards that emits ordinary ops, so gradients can be differentiated again. */

import { isFloat } from "./dtype.js";
import { TetradError } from "./errors.js";
import { add } from "./ops/add.js";
import { broadcastTo } from "./ops/broadcastTo.js";
import { cast } from "./ops/cast.js";
import { reshape } from "./ops/reshape.js";
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
  return withGraph(graph, () => {
    outputs.forEach((y, i) => accumulate(y, cotangents[i] as Tensor));
    // Nodes appended by the loop itself lie beyond its start, so a snapshot of the length suffices.
    for (let n = graph.nodes.length - 1; n >= 0; n--) {
      const node = graph.nodes[n] as Node;
      if (!node.outputs.some((y) => pending.has(y) && reached.has(y))) continue;
      const dys = node.outputs.map((y) => pending.get(y));
      for (const y of node.outputs) if (!targets.has(y)) pending.delete(y);
      if (!node.inputs.some((x) => reached.has(x) && isFloat(x.dtype))) continue;
      graph.siteOverride = node.site;
      const dxs = node.op.gradient({ inputs: node.inputs, outputs: node.outputs, dys, dy: dys[0] as Tensor, attrs: node.attrs });
      dxs.forEach((dx, i) => {
        const x = node.inputs[i] as Tensor;
        if (dx === undefined || !reached.has(x) || !isFloat(x.dtype)) return;
        // An op that promoted f32 to f64 computes its gradients in f64 as well.
        const typed = dx.dtype === x.dtype ? dx : cast(dx, x.dtype);
        accumulate(x, sumTo(typed, x.shape));
      });
    }
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
