/** From a traced graph to a plan: simplify, lower and fuse, share storage, place. */

import { barrierOp } from "../ops/checkpoint.js";
import type { Graph, Tensor } from "../tensor.js";
import { Lowering } from "./lower.js";
import type { Plan } from "./plan.js";
import { lowerScan } from "./scan.js";
import { assignAll, settle } from "./settle.js";
import { simplify } from "./simplify.js";

export interface PlanRequest {
  readonly graph: Graph;
  /** Values the caller reads after a step, by name. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Values that must be computed besides the outputs (gradients, for an optimiser). */
  readonly roots?: readonly Tensor[];
  /** Appends launches after the graph's own; may pin base values to storage outside the arena. */
  append?(lowering: Lowering, pin: (base: Tensor, offset: number) => void): void;
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
function build({ graph, outputs, roots = [], append }: PlanRequest, keep: boolean): MadePlan {
  const all = [...outputs.values(), ...roots, ...graph.assignments.map(({ value }) => value)];
  const lowering = new Lowering(graph, simplify(graph, all, keep), lowerScan);
  lowering.run();
  const named = new Map<string, Tensor>();
  for (const [name, tensor] of outputs) named.set(name, lowering.stored(tensor));
  const pinned = new Map<Tensor, number>();
  append?.(lowering, (base, offset) => pinned.set(base, offset));
  assignAll(lowering, graph.assignments);
  const kept = [...named.values()];
  const written = [...kept, ...pinned.keys(), ...graph.assignments.map(({ state }) => state)];
  const settled = settle(lowering.drafts, written, kept, pinned, (storage) => storage.kind === "temp" && !pinned.has(storage));
  const constants = new Map([...graph.constants, ...settled.launches.flatMap((launch) => [...(launch.body?.constants ?? [])])]);
  return { ...settled, inputs: graph.inputs, outputs: named, constants, pinned };
}
