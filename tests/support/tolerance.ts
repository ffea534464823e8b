/** How far a kernel may be from the float64 reference: one rule for the tests and for the kernel laboratory. */
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { ToleranceClass } from "../../packages/engine/src/op.js";

export const EPS = { f32: 2 ** -23, f64: 2 ** -52 } as const;

/** Error allowed in units of the type's epsilon, of the largest value; K is the number of elements that one result is made of. */
export function allowed(tolerance: ToleranceClass, elements: number, gradient: boolean): number {
  switch (tolerance) {
    // Gradients of broadcast operands are sums.
    case "exact":
      return gradient ? 4 + 2 * Math.sqrt(elements) : 0;
    case "elementwise":
      return gradient ? 16 + 2 * Math.sqrt(elements) : 2;
    case "transcendental":
      return gradient ? 32 + 2 * Math.sqrt(elements) : 8;
    case "reduction":
      return 8 + 4 * Math.sqrt(elements);
    case "decomposition":
      return 256 * Math.max(1, elements);
  }
}

export interface Mismatch {
  readonly index: number;
  readonly got: number;
  readonly want: number;
  readonly difference: number;
  readonly allowed: number;
}

/** First element that is further off than `tolerance` × the largest value; equal infinities and any two NaNs agree. */
export function mismatch(got: NdArray, want: NdArray, tolerance: number): Mismatch | undefined {
  const scale = want.data.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  for (let i = 0; i < want.data.length; i++) {
    const [g, w] = [got.data[i] as number, want.data[i] as number];
    const same = Object.is(g, w) || g === w || (Number.isNaN(g) && Number.isNaN(w)) || Math.abs(g - w) <= tolerance * scale;
    if (!same) return { index: i, got: g, want: w, difference: Math.abs(g - w), allowed: tolerance * scale };
  }
  return undefined;
}
