/** From a traced graph to a plan: simplify, lower and fuse, share storage, place. */

import type { Assignment, Graph, Tensor } from "../tensor.js";
import { type Draft, finishDraft, Lowering, shareStorage, wantedValues } from "./lower.js";
import { lifetimes, place } from "./memory.js";
import type { Launch, Plan } from "./plan.js";
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

export function makePlan({ graph, outputs, roots = [], append }: PlanRequest): MadePlan {
  const all = [...outputs.values(), ...roots, ...graph.assignments.map(({ value }) => value)];
  const lowering = new Lowering(graph, simplify(graph, all));
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

/** A state that takes another assigned state's old value gets it through a copy, so that the order of writes does not matter. */
export function assignAll(lowering: Lowering, assignments: readonly Assignment[]): void {
  const targets = new Set(assignments.map(({ state }) => state));
  const values = assignments.map(({ state, value }) => {
    const operand = lowering.operand(value);
    return { state, value: targets.has(operand.base) && operand.base !== state ? lowering.copyOf(value) : value };
  });
  for (const { state, value } of values) if (lowering.operand(value).base !== state) lowering.assign(state, value);
}

/** Places finished launches, and gives shared values their owner's offset. */
export function settle(drafts: readonly Draft[], written: readonly Tensor[], kept: readonly Tensor[], pinned: ReadonlyMap<Tensor, number>, placed: (storage: Tensor) => boolean) {
  const wanted = wantedValues(drafts, written);
  const share = shareStorage(drafts, wanted, kept, pinned);
  const storageOf = (tensor: Tensor): Tensor => share.get(tensor) ?? tensor;
  const launches = drafts.map((draft) => finishDraft(draft, wanted, storageOf)).filter((launch): launch is Launch => launch !== undefined);
  const placement = place(lifetimes(launches, storageOf, placed, kept));
  const offsets = new Map(placement.offsets);
  for (const tensor of share.keys()) {
    const offset = placement.offsets.get(storageOf(tensor));
    if (offset !== undefined) offsets.set(tensor, offset);
  }
  return { launches, placement: { ...placement, offsets }, storageOf };
}
