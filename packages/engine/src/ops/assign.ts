/** A state takes a new value at the end of the step: counters, running statistics, caches. */

import { TetradError } from "../errors.js";
import { formatShape, sameShape } from "../shape.js";
import { captureSite, formatSite } from "../site.js";
import type { Tensor } from "../tensor.js";

/**
 * Stores `value` in `state` once everything of this step that reads the old value has run. Takes part in no gradient.
 * @param state a store's entry declared with `state: true`
 * @throws TetradError ARGUMENT for anything else, or a second assignment; SHAPE, DTYPE when they differ
 */
export function assign(state: Tensor, value: Tensor): void {
  const { graph } = state;
  const at = formatSite(captureSite());
  const got = `${state.kind} ${state.label ?? ""}`.trim();
  if (state.kind !== "state") {
    throw new TetradError("ARGUMENT", {
      op: "assign",
      what: "only a state can be assigned",
      got,
      hint: "declare it in the store as { shape, state: true }",
      at,
    });
  }
  if (graph.assignments.some((other) => other.state === state))
    throw new TetradError("ARGUMENT", { op: "assign", what: "a state is assigned twice in one step", got, at });
  if (!sameShape(state.shape, value.shape))
    throw new TetradError("SHAPE", {
      op: "assign",
      what: "value and state differ",
      got: formatShape(value.shape),
      expected: formatShape(state.shape),
      at,
    });
  if (state.dtype !== value.dtype)
    throw new TetradError("DTYPE", {
      op: "assign",
      what: "value and state differ",
      got: value.dtype,
      expected: state.dtype,
      hint: "cast the value",
      at,
    });
  graph.assignments.push({ state, value });
}
