/** Gathering, scattering and strided copies. */
import type { Family } from "../kernel.js";

export const index = {} as const satisfies Family;
