/** Convolutions and pooling. */
import type { Family } from "../kernel.js";

export const convolution = {} as const satisfies Family;
