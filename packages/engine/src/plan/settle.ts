/** The last steps of planning, for a whole plan as for the body of a loop: effects, shared storage, finished launches, places. */

import type { Operand } from "../op.js";
import type { Assignment, Tensor } from "../tensor.js";
import { isIdentity } from "./chain.js";
import { type Draft, denseOperand, finishDraft, type Lowering, shareStorage, wantedValues } from "./lower.js";
import { lifetimes, place } from "./memory.js";
import type { Launch } from "./plan.js";

/** A state that takes another assigned state's old value gets it through a copy, so that the order of writes does not matter. */
export function assignAll(lowering: Lowering, assignments: readonly Assignment[]): void {
  const targets = new Set(assignments.map(({ state }) => state));
  const values = assignments.map(({ state, value }) => {
    const operand = lowering.operand(value);
    const unchanged = operand.base === state && isIdentity(operand, state.shape);
    return { state, unchanged, value: targets.has(operand.base) && !unchanged ? lowering.copyOf(value) : value };
  });
  for (const { state, value, unchanged } of values) if (!unchanged) lowering.assign(state, value);
}

/** Computes what states are assigned before anything else is appended that may change what it is made of; the result stores it by `commit`. */
export function holdAll(
  lowering: Lowering,
  assignments: readonly Assignment[],
  commit: (lowering: Lowering, state: Tensor, value: Operand) => void,
): () => void {
  const values = assignments.flatMap(({ state, value }) => {
    const operand = lowering.operand(value);
    return operand.base === state && isIdentity(operand, state.shape) ? [] : [{ state, value: lowering.stored(value) }];
  });
  return () => {
    for (const { state, value } of values) commit(lowering, state, denseOperand(value));
  };
}

/** Places finished launches, and gives shared values their owner's offset. */
export function settle(
  drafts: readonly Draft[],
  written: readonly Tensor[],
  kept: readonly Tensor[],
  pinned: ReadonlyMap<Tensor, number>,
  placed: (storage: Tensor) => boolean,
) {
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
