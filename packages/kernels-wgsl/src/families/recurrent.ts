/** Cells of recurrent networks. */
import type { Family } from "../kernel.js";

export const recurrent = {} as const satisfies Family;
