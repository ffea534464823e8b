/** Products with quantised weights. */
import type { Family } from "../kernel.js";

export const quant = {} as const satisfies Family;
