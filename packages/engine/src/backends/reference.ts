/** The oracle: runs a graph node by node on the ops' float64 references. Slow on purpose, and shares nothing with the kernels. */

import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import type { RandomKey } from "../ops/randomStream.js";
import { formatShape, sameShape } from "../shape.js";
import { formatSite } from "../site.js";
import type { Graph, Spec, Tensor } from "../tensor.js";

export type Feeds = ReadonlyMap<Tensor, NdArray>;

/** What changes from step to step beside the leaves. */
export interface Occasion {
  /** Live length of each bounded axis; the maximum where it is not told. */
  readonly live?: ReadonlyMap<string, number>;
  readonly key?: RandomKey;
}

/** The extents that a value has now. */
export function liveSpec<S extends Spec>(spec: S, live: ReadonlyMap<string, number> | undefined): Spec {
  const length = spec.bound && live?.get(spec.bound.name);
  if (spec.bound === undefined || length === undefined) return spec;
  return { shape: [length * spec.bound.times, ...spec.shape.slice(1)], dtype: spec.dtype, bound: spec.bound };
}

/** Values of `outputs` given the leaves; throws ARGUMENT when an input was not fed. */
export function interpret(graph: Graph, outputs: readonly Tensor[], feeds: Feeds, { live, key }: Occasion = {}): NdArray[] {
  const values = new Map<Tensor, NdArray>(feeds);
  for (const [tensor, data] of graph.constants) values.set(tensor, { shape: tensor.shape, dtype: tensor.dtype, data });
  const needed = neededFor(graph, outputs);
  const read = (tensor: Tensor): NdArray => {
    const value = values.get(tensor);
    if (value === undefined) {
      throw new TetradError("ARGUMENT", {
        op: "run",
        what: `${tensor.kind} "${tensor.label ?? tensor.id}" has no value`,
        expected: `${tensor.dtype} ${formatShape(tensor.shape)}`,
      });
    }
    return value;
  };
  for (const node of graph.nodes) {
    if (!node.outputs.some((y) => needed.has(y))) continue;
    const specs = node.outputs.map((y) => liveSpec(y, live));
    const results = node.op.reference(node.inputs.map(read), node.attrs, specs, key);
    specs.forEach(({ shape }, i) => {
      const result = results[i];
      if (result === undefined || !sameShape(result.shape, shape)) {
        throw new TetradError("INTERNAL", {
          op: node.op.name,
          what: "reference and shape rule disagree",
          got: (result && formatShape(result.shape)) || "nothing",
          expected: formatShape(shape),
          at: formatSite(node.site),
        });
      }
      values.set(node.outputs[i] as Tensor, result);
    });
  }
  return outputs.map(read);
}

/** Every tensor that `outputs` depend on. */
export function neededFor(graph: Graph, outputs: readonly Tensor[]): Set<Tensor> {
  const needed = new Set<Tensor>(outputs);
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (node?.outputs.some((y) => needed.has(y))) for (const x of node.inputs) needed.add(x);
  }
  return needed;
}
