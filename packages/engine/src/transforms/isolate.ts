/** Traces a function on placeholders and takes its nodes out of the graph again, to be replayed in another form. */

import { TetradError } from "../errors.js";
import type { Op } from "../op.js";
import { formatSite } from "../site.js";
import type { Graph, Node, Spec, Tensor } from "../tensor.js";
import { withGraph } from "../trace.js";
import { leaves, type Tree } from "./tree.js";

/** A value that exists only while a function is traced; its node never stays in a graph. */
const placeholderOp: Op<{ readonly spec: Spec }> = {
  name: "placeholder",
  tolerance: "exact",
  infer: (_, { spec }) => [spec],
  gradient: () => [],
  reference() {
    throw new TetradError("INTERNAL", {
      op: "placeholder",
      what: "stayed in a graph that is run",
      hint: "do not keep tensors of a transformed function beyond it",
    });
  },
  flops: () => 0,
  cases: () => [],
  lowering: { kind: "view", view: () => undefined },
};

export interface Isolated<R extends Tree> {
  readonly placeholders: readonly Tensor[];
  readonly result: R;
  /** What depends on the placeholders and leads to the result, in order. The graph holds these nodes no more. */
  readonly nodes: readonly Node[];
}

/**
 * Runs `f` on placeholders of the given specs. Nodes that depend on none of them stay where they are, so `f` may use any tensor of `graph`
 * and may differentiate. Whatever goes wrong, the graph is left as it was. Throws UNSUPPORTED when `f` assigns to a state.
 */
export function isolate<R extends Tree>(
  op: string,
  graph: Graph,
  specs: readonly Spec[],
  f: (placeholders: readonly Tensor[]) => R,
): Isolated<R> {
  const start = graph.nodes.length;
  const assigned = graph.assignments.length;
  const site = graph.siteOverride;
  return withGraph(graph, () => {
    try {
      const placeholders = specs.map((spec) => graph.append(placeholderOp, [], { spec }, [spec])[0] as Tensor);
      const result = f(placeholders);
      const extra = graph.assignments[assigned];
      if (extra !== undefined) {
        throw new TetradError("UNSUPPORTED", {
          op,
          what: `assigns to the state "${extra.state.label ?? extra.state.id}" inside the function`,
          at: formatSite(extra.value.node?.site),
          hint: "return the new value and assign it outside",
        });
      }
      const traced = graph.nodes.splice(start).slice(placeholders.length);
      const dependent = new Set<Tensor>(placeholders);
      const inside: Node[] = [];
      for (const node of traced) {
        if (node.inputs.some((x) => dependent.has(x))) {
          for (const y of node.outputs) dependent.add(y);
          inside.push(node);
        } else {
          graph.nodes.push(node);
        }
      }
      return { placeholders, result, nodes: leadingTo(inside, leaves(result)) };
    } catch (error) {
      graph.nodes.length = start;
      graph.assignments.length = assigned;
      graph.siteOverride = site;
      throw error;
    }
  });
}

/** Those of `nodes` that any of `outputs` depends on. */
export function leadingTo(nodes: readonly Node[], outputs: readonly Tensor[]): Node[] {
  const needed = new Set<Tensor>(outputs);
  const kept: Node[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node;
    if (!node.outputs.some((y) => needed.has(y))) continue;
    for (const x of node.inputs) needed.add(x);
    kept.push(node);
  }
  return kept.reverse();
}
