/** What fills a plan's memory, for errors that say there is not enough. */

import type { MadePlan } from "../plan/make.js";
import { tensorBytes } from "../plan/plan.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** Inputs and what launches make: the five largest, with their sizes. */
export function largestValues(plan: MadePlan): string {
  const values = new Set<Tensor>([...plan.inputs.values(), ...plan.launches.flatMap((launch) => launch.outputs)]);
  const largest = [...values].sort((a, b) => tensorBytes(b) - tensorBytes(a)).slice(0, 5);
  return largest
    .map((x) => `${x.label ?? x.node?.op.name ?? "value"} ${x.dtype}${formatShape(x.shape)} ${megabytes(tensorBytes(x))}`)
    .join("; ");
}

export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 2 : 0)} MiB`;
}
