/** Appends nodes again with other inputs: in the graph they come from or in another, as they were or with a leading axis more. */

import { TetradError } from "../errors.js";
import { broadcastTo } from "../ops/broadcastTo.js";
import { specOf } from "../ops/identity.js";
import { reshape } from "../ops/reshape.js";
import { formatSite } from "../site.js";
import type { Graph, Node, Tensor } from "../tensor.js";
import { applyAll, withGraph } from "../trace.js";

export class Replay {
  readonly #values = new Map<Tensor, Tensor>();
  /** Originals whose replacement has the leading axis. */
  readonly #batched = new Set<Tensor>();

  constructor(private readonly target: Graph) {}

  /** `replacement` stands for `original` in everything replayed from now on. */
  bind(original: Tensor, replacement: Tensor, batched = false): void {
    this.#values.set(original, replacement);
    if (batched) this.#batched.add(original);
  }

  isBatched(original: Tensor): boolean {
    return this.#batched.has(original);
  }

  /** What stands for `original`: its replacement, a constant of the target, or itself where it lives in the target already. */
  value(original: Tensor): Tensor {
    const known = this.#values.get(original);
    if (known !== undefined) return known;
    if (original.graph === this.target) return original;
    const data = original.graph.constants.get(original);
    if (data === undefined)
      throw new TetradError("INTERNAL", { op: "replay", what: `${original.kind} %${original.id} has no value in the target graph` });
    const copied = this.target.constant(data, specOf(original));
    this.bind(original, copied);
    return copied;
  }

  /** As `value`, repeated along the leading axis when it has none. */
  batchedValue(original: Tensor, extent: number): Tensor {
    const value = this.value(original);
    return this.isBatched(original) ? value : withGraph(this.target, () => broadcastTo(value, [extent, ...value.shape]));
  }

  /** Appends `nodes` to the target; those with a batched input get their op's batch rule. */
  run(nodes: readonly Node[]): void {
    const previous = this.target.siteOverride;
    try {
      withGraph(this.target, () => {
        for (const node of nodes) this.#again(node);
      });
    } finally {
      this.target.siteOverride = previous;
    }
  }

  #again(node: Node): void {
    this.target.siteOverride = node.site;
    const flags = node.inputs.map((x) => this.isBatched(x));
    const batched = flags.includes(true);
    const inputs = node.inputs.map((x) => this.value(x));
    const outputs = batched ? batchNode(node, inputs, flags) : this.target.append(node.op, inputs, node.attrs, node.outputs.map(specOf));
    node.outputs.forEach((y, i) => {
      this.bind(y, outputs[i] as Tensor, batched);
    });
  }
}

function batchNode(node: Node, inputs: readonly Tensor[], flags: readonly boolean[]): readonly Tensor[] {
  const { op } = node;
  const bounded = [...node.inputs, ...node.outputs].find((x) => x.bound !== undefined);
  if (bounded !== undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: "vmap",
      what: `cannot map over "${op.name}" on the bounded axis "${bounded.bound?.name}"`,
      at: formatSite(node.site),
    });
  }
  if (op.lowering.kind === "elementwise" && op.batch === undefined) return applyAll(op, alignRanks(node, inputs, flags), node.attrs);
  if (op.batch === undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: "vmap",
      what: `the op "${op.name}" has no batch rule`,
      at: formatSite(node.site),
      hint: "give its definition a batch rule, or loop over the axis and stack",
    });
  }
  return op.batch(inputs, flags, node.attrs);
}

/** Broadcasting aligns axes from the right, so the leading axis of a lower-ranked operand is moved out to the front. */
function alignRanks(node: Node, inputs: readonly Tensor[], flags: readonly boolean[]): Tensor[] {
  const rank = Math.max(...node.inputs.map((x) => x.rank));
  return inputs.map((x, i) => {
    const missing = rank - (x.rank - 1);
    return flags[i] !== true || missing === 0
      ? x
      : reshape(x, [x.shape[0] as number, ...new Array<number>(missing).fill(1), ...x.shape.slice(1)]);
  });
}
