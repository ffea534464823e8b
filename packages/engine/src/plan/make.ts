/** From a traced graph to a plan: simplify, lower and fuse, share storage, place. */

import type { Operand } from "../op.js";
import { barrierOp } from "../ops/checkpoint.js";
import type { Graph, Tensor } from "../tensor.js";
import { changedInPlace } from "./in-place.js";
import { Lowering } from "./lower.js";
import type { Plan } from "./plan.js";
import { lowerScan } from "./scan.js";
import { assignAll, holdAll, settle } from "./settle.js";
import { simplify } from "./simplify.js";

export interface PlanRequest {
  readonly graph: Graph;
  /** Values the caller reads after a step, by name. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Values that must be computed besides the outputs (gradients, for an optimiser). */
  readonly roots?: readonly Tensor[];
  /** Appends launches after the graph's own; may pin base values to storage outside the arena. */
  append?(lowering: Lowering, pin: (base: Tensor, offset: number) => void): void;
  /** Appends what stores a value in a state behind those launches, where a plan of its own accord would do so as soon as the old one is not needed. */
  commit?(lowering: Lowering, state: Tensor, value: Operand): void;
}

/** A plan, and the storage that pinned values have outside the arena. */
export interface MadePlan extends Plan {
  readonly pinned: ReadonlyMap<Tensor, number>;
  storageOf(tensor: Tensor): Tensor;
}

export function makePlan(request: PlanRequest): MadePlan {
  const plan = build(request, false);
  const checkpointed = request.graph.nodes.some(({ op }) => op === barrierOp);
  return checkpointed ? { ...plan, bytesKept: build(request, true).placement.bytes } : plan;
}

/** @param keep values behind checkpoints are kept from the forward pass, as if there were none */
function build({ graph, outputs, roots = [], append, commit }: PlanRequest, keep: boolean): MadePlan {
  const all = [...outputs.values(), ...roots, ...graph.assignments.map(({ value }) => value)];
  const simplified = simplify(graph, all, keep);
  // Behind a loss that is not finite, states must have their old content.
  const changed = commit === undefined ? changedInPlace(graph, simplified, [...outputs.values(), ...roots]) : undefined;
  const lowering = new Lowering(graph, simplified, lowerScan, changed);
  lowering.run();
  const named = new Map<string, Tensor>();
  for (const [name, tensor] of outputs) named.set(name, lowering.stored(tensor));
  const pinned = new Map<Tensor, number>();
  const assign = commit === undefined ? () => assignAll(lowering, graph.assignments) : holdAll(lowering, graph.assignments, commit);
  append?.(lowering, (base, offset) => pinned.set(base, offset));
  assign();
  const kept = [...named.values()];
  const written = [...kept, ...pinned.keys(), ...graph.assignments.map(({ state }) => state)];
  const settled = settle(lowering.drafts, written, kept, pinned, (storage) => storage.kind === "temp" && !pinned.has(storage));
  const constants = new Map([...graph.constants, ...settled.launches.flatMap((launch) => [...(launch.body?.constants ?? [])])]);
  return { ...settled, inputs: graph.inputs, outputs: named, constants, pinned };
}
