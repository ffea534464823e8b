/** Normalisations. */
import type { Family } from "../kernel.js";

export const norm = {} as const satisfies Family;
