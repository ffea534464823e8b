/** Losses over large vocabularies. */
import type { Family } from "../kernel.js";

export const loss = {} as const satisfies Family;
