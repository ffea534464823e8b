/** Optimisers on flat segments. */
import type { Family } from "../kernel.js";

export const optim = {} as const satisfies Family;
