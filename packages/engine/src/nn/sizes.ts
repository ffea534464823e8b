/** The one check that layers make of their numbers. */

import { TetradError } from "../errors.js";

/** Throws ARGUMENT unless all are positive integers. */
export function requireSizes(op: string, ...sizes: readonly number[]): void {
  if (sizes.every((size) => Number.isInteger(size) && size > 0)) return;
  throw new TetradError("ARGUMENT", { op, what: "sizes must be positive integers", got: sizes.join(", ") });
}
