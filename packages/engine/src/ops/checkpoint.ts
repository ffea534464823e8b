/** Marks a value whose gradient is taken through a second evaluation of the nodes that made it; and the barrier that keeps that evaluation a second one. */

import { vjp } from "../autodiff.js";
import { isFloat } from "../dtype.js";
import type { Op } from "../op.js";
import type { Node, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { Replay } from "../transforms/replay.js";
import { specOf } from "./identity.js";

/** Equal nodes are merged by the planner unless their attributes differ: a barrier's mark keeps what is computed behind it apart. */
export const barrierOp: Op<{ readonly mark: number }> = {
  name: "barrier",
  tolerance: "exact",
  infer: ([x]) => [specOf(x as Spec)],
  gradient: ({ dy }) => [dy],
  reference: ([x]) => [x as NonNullable<typeof x>],
  flops: () => 0,
  cases: () => [{ name: "matrix", inputs: [{ shape: [3, 7] }], attrs: { mark: 1 } }],
  lowering: { kind: "view", view: (input) => input },
  bounded: true,
  batch: ([x], _, attrs) => [apply(barrierOp, [x as Tensor], attrs)],
};

/** Nodes kept to be replayed. A class of its own because attributes are compared as JSON, and nodes are a web. */
export class RecordedNodes {
  constructor(
    readonly nodes: readonly Node[],
    readonly output: Tensor,
    /** What the nodes read from outside, constants apart. */
    readonly outer: readonly Tensor[],
  ) {}

  toJSON(): number {
    return this.output.id;
  }
}

type Attrs = { readonly nodes: RecordedNodes; readonly mark: number };

/** Inputs: the value, then `nodes.outer`. */
export const checkpointOp: Op<Attrs> = {
  name: "checkpoint",
  tolerance: "exact",
  infer: ([y]) => [specOf(y as Spec)],
  gradient({ inputs: [value, ...inputs], dy, attrs: { nodes, mark } }) {
    const replay = new Replay((value as Tensor).graph);
    const behind = inputs.map((x) => apply(barrierOp, [x], { mark }));
    nodes.outer.forEach((x, i) => {
      replay.bind(x, behind[i] as Tensor);
    });
    replay.run(nodes.nodes);
    const floats = behind.filter((x) => isFloat(x.dtype));
    const dxs = vjp([replay.value(nodes.output)], [dy], floats);
    return [undefined, ...behind.map((x) => dxs[floats.indexOf(x)])];
  },
  reference: ([y]) => [y as NonNullable<typeof y>],
  flops: () => 0,
  // Its attributes are nodes of a graph, which a case cannot hold; the transform's own tests run it.
  cases: () => [],
  lowering: { kind: "view", view: (input) => input },
  bounded: true,
  batch([value, ...inputs], [, ...flags], { nodes, mark }) {
    const { graph } = value as Tensor;
    const replay = new Replay(graph);
    nodes.outer.forEach((x, i) => {
      replay.bind(x, inputs[i] as Tensor, flags[i]);
    });
    const start = graph.nodes.length;
    replay.run(nodes.nodes);
    const y = replay.value(nodes.output);
    return [apply(checkpointOp, [y, ...inputs], { nodes: new RecordedNodes(graph.nodes.slice(start), y, inputs), mark })];
  },
};
