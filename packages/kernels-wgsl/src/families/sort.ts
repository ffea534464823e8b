/** Sorting and searching. */
import type { Family } from "../kernel.js";

export const sort = {} as const satisfies Family;
