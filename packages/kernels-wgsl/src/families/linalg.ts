/** Factorisations of small matrices. */
import type { Family } from "../kernel.js";

export const linalg = {} as const satisfies Family;
