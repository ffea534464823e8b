/** Which states an op may change where they lie, so that a cache of keys and values is not copied for every token. */

import { indexCopyOp } from "../ops/indexCopy.js";
import type { Graph, Tensor } from "../tensor.js";
import type { Simplified } from "./simplify.js";

/**
 * Results of `indexCopy` that can be the state they are made of: it is assigned that result, and nothing needs its old content from then on. What has read
 * it before has done so by a launch of its own, which stands in front; a view would be read later.
 * @param outputs what the caller reads after the step
 */
export function changedInPlace(graph: Graph, { nodes, resolve }: Simplified, outputs: Iterable<Tensor>): ReadonlySet<Tensor> {
  const changed = new Set<Tensor>();
  const kept = new Set([...outputs, ...graph.assignments.map(({ value }) => value)].map(resolve));
  for (const { state, value } of graph.assignments) {
    const y = resolve(value);
    const { node } = y;
    if (node?.op !== indexCopyOp || resolve(node.inputs[0] as Tensor) !== state || kept.has(state)) continue;
    const at = nodes.indexOf(node);
    const reads = (x: Tensor) => resolve(x) === state;
    const harmless = nodes.every(
      ({ op, inputs }, i) => !(i === at ? inputs.slice(1) : inputs).some(reads) || (i < at && op.lowering.kind === "launch"),
    );
    if (harmless) changed.add(y);
  }
  return changed;
}
