/** From a function of single values to one of batches, by shapes alone: no loop is left in the graph. */

import { TetradError } from "../errors.js";
import { moveAxis } from "../ops/transpose.js";
import { formatShape, normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { isolate } from "./isolate.js";
import { Replay } from "./replay.js";
import { firstLeaf, leaves, mapTree, type Tree } from "./tree.js";

/** The axis an argument is mapped over; null for an argument that every call shares. */
export type MappedAxis = number | null;

/**
 * `vmap(f)(xs)` is `f` of every element of `xs` along axis 0 (or `axes`, one for all arguments or one each), results stacked along a new axis 0.
 * Arguments and results may be arrays or records of tensors; `f` may use tensors of the surrounding function, and may itself take gradients.
 * Throws SHAPE when mapped extents differ, ARGUMENT when nothing is mapped, and UNSUPPORTED, with the line, for an op without a batch rule.
 */
export function vmap<A extends Tree[], R extends Tree>(
  f: (...args: A) => R,
  axes: MappedAxis | readonly MappedAxis[] = 0,
): (...args: A) => R {
  return (...args) => {
    const { graph } = firstLeaf("vmap", args);
    const axisOf = (i: number): MappedAxis => (Array.isArray(axes) ? ((axes as readonly MappedAxis[])[i] ?? null) : (axes as MappedAxis));
    const mapped: Tensor[] = [];
    const moved = args.map((arg, i) => {
      const axis = axisOf(i);
      return axis === null
        ? arg
        : mapTree(arg, (x) => {
            if (x.rank === 0)
              throw new TetradError("SHAPE", { op: "vmap", what: `argument ${i} holds a scalar, which has no axis to map over` });
            const front = moveAxis(x, normalizeAxis(axis, x.rank), 0);
            mapped.push(front);
            return front;
          });
    });
    const [first] = mapped;
    if (first === undefined) throw new TetradError("ARGUMENT", { op: "vmap", what: "no argument is mapped" });
    const extent = first.shape[0] as number;
    const odd = mapped.find((x) => x.shape[0] !== extent);
    if (odd !== undefined)
      throw new TetradError("SHAPE", {
        op: "vmap",
        what: "mapped axes differ in extent",
        got: `${formatShape(first.shape)} and ${formatShape(odd.shape)}`,
      });
    const specs = mapped.map((x) => ({ shape: x.shape.slice(1), dtype: x.dtype }));
    const length = graph.nodes.length;
    const { placeholders, result, nodes } = isolate("vmap", graph, specs, (inner) => {
      let next = 0;
      return f(...(moved.map((arg, i) => (axisOf(i) === null ? arg : mapTree(arg, () => inner[next++] as Tensor))) as A));
    });
    const replay = new Replay(graph);
    placeholders.forEach((placeholder, i) => {
      replay.bind(placeholder, mapped[i] as Tensor, true);
    });
    try {
      replay.run(nodes);
    } catch (error) {
      graph.nodes.length = length;
      throw error;
    }
    leaves(result);
    return mapTree(result, (y) => replay.batchedValue(y, extent));
  };
}
