/** What executables over a plan have in common: how a request becomes one, and the checks of what a user hands in. */

import { TetradError } from "../errors.js";
import { type MadePlan, makePlan, type PlanRequest } from "../plan/make.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { type Binding, type CompileRequest, SCALAR, type Training } from "./backend.js";
import { type TrainingStorage, trainingLaunches } from "./training.js";

/** The plan of a request, and where its leaves lie. `storage` is a training program's own. */
export function planOf(
  { graph, outputs, leaves, training }: CompileRequest,
  storage: TrainingStorage | undefined,
): { readonly plan: MadePlan; readonly bindings: ReadonlyMap<Tensor, Binding> } {
  const request: PlanRequest = { graph, outputs };
  if (training === undefined || storage === undefined) return { plan: makePlan(request), bindings: leaves };
  const { append, commit, bindings } = trainingLaunches(graph, training, storage);
  const roots = [training.loss, ...training.gradients.map(({ gradient }) => gradient)];
  return { plan: makePlan({ ...request, roots, append, commit }), bindings: new Map([...leaves, ...bindings]) };
}

/** @throws TetradError ARGUMENT */
export function inputOf({ inputs }: MadePlan, name: string): Tensor {
  const tensor = inputs.get(name);
  if (tensor === undefined)
    throw new TetradError("ARGUMENT", { op: "write", what: `no input "${name}"`, expected: [...inputs.keys()].join(", ") || "none" });
  return tensor;
}

/** An input takes all its elements, or as many as are live. @throws TetradError SHAPE */
export function requireLength(name: string, { bound, shape, size }: Tensor, length: number, live: ReadonlyMap<string, number>): void {
  const elements = bound === undefined ? size : ((live.get(bound.name) as number) * bound.times * size) / (shape[0] as number);
  if (length === size || length === elements) return;
  throw new TetradError("SHAPE", {
    op: "write",
    what: `wrong number of values for input "${name}"`,
    got: `${length}`,
    expected: `${elements} for ${formatShape(shape)}`,
  });
}

/** @throws TetradError ARGUMENT */
export function outputOf<T>(outputs: ReadonlyMap<string, T>, name: string): T {
  const found = outputs.get(name);
  if (found === undefined)
    throw new TetradError("ARGUMENT", { op: "read", what: `no output "${name}"`, expected: [...outputs.keys()].join(", ") });
  return found;
}

/** @throws TetradError ARGUMENT */
export function requireLive(maxima: ReadonlyMap<string, number>, axis: string, length: number): void {
  const maximum = maxima.get(axis);
  if (maximum !== undefined && Number.isInteger(length) && length >= 0 && length <= maximum) return;
  throw new TetradError("ARGUMENT", {
    op: "setLive",
    what: `no such length of the bounded axis "${axis}"`,
    got: `${length}`,
    expected: maximum === undefined ? "a declared axis" : `0 to ${maximum}`,
  });
}

/** What kernels report that leave out-of-range indices alone; the results are then of no use. */
export function badIndex(): TetradError {
  return new TetradError("DATA", {
    op: "run",
    what: "an index lies outside the axis that it selects from",
    hint: "check labels and indices against the extents they are used with",
  });
}

/** Of the store's optimiser state, by whichever program; 0 outside training. */
export function stepsTaken(training: Training | undefined): number {
  return training === undefined ? 0 : (training.scalars.view()[SCALAR.step] as number);
}
