/** Cells of recurrent networks. */
import { type Family, perElement } from "../kernel.js";

export const recurrent = {
  fill_bound: perElement("fill_bound"),
} as const satisfies Family;
