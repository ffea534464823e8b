/** Matrix products. */
import { type Family, single } from "../kernel.js";

export const dense = {
  gemm: single("gemm", ({ words }) => {
    const [, , m, n] = words as [number, number, number, number];
    let batch = 1;
    for (let axis = 0; axis < (words[12] as number); axis++) batch *= words[13 + 4 * axis] as number;
    return Math.ceil(m / 64) * Math.ceil(n / 64) * batch;
  }),
} as const satisfies Family;
