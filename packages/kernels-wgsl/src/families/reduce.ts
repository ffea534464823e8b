/** Reductions over axes, and what works along rows. */
import { type Family, perWord } from "../kernel.js";

export const reduce = {
  reduce_sum: perWord("reduce_sum", 0),
} as const satisfies Family;
