/** Recomputes a function's intermediate values in the backward pass instead of keeping them. */

import { checkpointOp, RecordedNodes } from "../ops/checkpoint.js";
import type { Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { leadingTo } from "./isolate.js";
import { firstLeaf, leaves, mapTree, type Tree } from "./tree.js";

/**
 * `checkpoint(f)` computes `f`; its gradient first computes `f` again from the arguments, so nothing inside `f` is kept between the two passes. Tensors of the
 * surrounding function that `f` uses get their gradients too. Values are bit for bit those of `f`; gradients may add up in another order.
 */
export function checkpoint<A extends Tree[], Y extends Tree>(f: (...args: A) => Y): (...args: A) => Y {
  return (...args) => {
    const { graph } = firstLeaf("checkpoint", args);
    const start = graph.nodes.length;
    const y = f(...args);
    const traced = graph.nodes.slice(start);
    // One mark for all outputs of one call: what they share is recomputed once.
    const mark = graph.takeId();
    leaves(y);
    return mapTree(y, (output) => {
      const nodes = leadingTo(traced, [output]);
      if (nodes.length === 0) return output;
      const made = new Set(nodes.flatMap((node) => node.outputs));
      const outer = new Set<Tensor>();
      for (const node of nodes) for (const x of node.inputs) if (!made.has(x) && x.kind !== "const") outer.add(x);
      return apply(checkpointOp, [output, ...outer], { nodes: new RecordedNodes(nodes, output, [...outer]), mark });
    });
  };
}
