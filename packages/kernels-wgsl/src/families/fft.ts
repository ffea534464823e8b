/** Fourier transforms. */
import type { Family } from "../kernel.js";

export const fft = {} as const satisfies Family;
