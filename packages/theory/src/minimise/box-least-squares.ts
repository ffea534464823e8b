/**
 * min |R p + q|² + λ |D p|² over a box: the subproblem of a bounded Levenberg–Marquardt step. An active-set method after
 * P. B. Stark, R. L. Parker, Computational Statistics 10 (1995) 129 (BVLS): exact for the few parameters of a theory.
 */

import type { Box } from "./bounds.js";
import { type Matrix, multiplyTransposed, multiplyVector, qr, solveUpper, type Vector } from "./dense.js";

/**
 * @param r upper-triangular [n, n]
 * @param q right-hand side [n]
 * @param limits bounds of p; they hold 0
 * @param scale D's diagonal [n]
 * @returns p, or undefined when λ = 0 and the free columns are dependent
 */
export function boxLeastSquares(r: Matrix, q: Vector, n: number, limits: Box, scale: Vector, damping: number): Vector | undefined {
  const p = new Float64Array(n);
  const free = new Uint8Array(n).fill(1);
  const gradient = (): Vector => {
    const rows = multiplyVector(r, p, n, n);
    for (let i = 0; i < n; i++) rows[i] = (rows[i] as number) + (q[i] as number);
    const g = multiplyTransposed(r, rows, n, n);
    for (let j = 0; j < n; j++) g[j] = (g[j] as number) + damping * (scale[j] as number) ** 2 * (p[j] as number);
    return g;
  };
  const pushesOut = (j: number, slope: number): boolean =>
    (limits.lower[j] === p[j] && slope >= 0) || (limits.upper[j] === p[j] && slope <= 0);
  const atStart = gradient();
  for (let j = 0; j < n; j++) if (pushesOut(j, atStart[j] as number)) free[j] = 0;

  // Each round frees one variable or fixes at least one; 3n rounds suffice in practice (BVLS never cycles, rounding may).
  for (let round = 0; round < 10 * n + 10; round++) {
    const target = solveFree(r, q, n, p, free, scale, damping);
    if (target === undefined) return undefined;
    let fraction = 1;
    let blocking = -1;
    let bound = 0;
    for (let j = 0; j < n; j++) {
      if (free[j] === 0) continue;
      const along = (target[j] as number) - (p[j] as number);
      const limit = (along < 0 ? limits.lower[j] : limits.upper[j]) as number;
      if (along === 0 || Math.abs(along) <= Math.abs(limit - (p[j] as number))) continue;
      const reach = (limit - (p[j] as number)) / along;
      if (blocking < 0 || reach < fraction) {
        fraction = reach;
        blocking = j;
        bound = limit;
      }
    }
    for (let j = 0; j < n; j++) {
      if (free[j] === 1)
        p[j] = blocking < 0 ? (target[j] as number) : (p[j] as number) + fraction * ((target[j] as number) - (p[j] as number));
    }
    if (blocking >= 0) {
      p[blocking] = bound;
      free[blocking] = 0;
      continue;
    }
    const g = gradient();
    let worst = -1;
    for (let j = 0; j < n; j++) {
      if (free[j] === 0 && !pushesOut(j, g[j] as number) && (worst < 0 || Math.abs(g[j] as number) > Math.abs(g[worst] as number)))
        worst = j;
    }
    if (worst < 0) return p;
    free[worst] = 1;
  }
  return p;
}

/** The unconstrained minimiser over the free variables, the others staying where they are. */
function solveFree(r: Matrix, q: Vector, n: number, p: Vector, free: Uint8Array, scale: Vector, damping: number): Vector | undefined {
  const columns: number[] = [];
  for (let j = 0; j < n; j++) if (free[j] === 1) columns.push(j);
  const k = columns.length;
  const target = Float64Array.from(p);
  if (k === 0) return target;
  const rows = damping > 0 ? n + k : n;
  const a = new Float64Array(rows * k);
  const b = new Float64Array(rows);
  for (let i = 0; i < n; i++) {
    let sum = -(q[i] as number);
    for (let j = 0; j < n; j++) if (free[j] === 0) sum -= (r[i * n + j] as number) * (p[j] as number);
    b[i] = sum;
    // Columns are divided by D so that the damping block is a multiple of the identity whatever the units.
    columns.forEach((j, c) => {
      a[i * k + c] = (r[i * n + j] as number) / (scale[j] as number);
    });
  }
  if (damping > 0) for (let c = 0; c < k; c++) a[(n + c) * k + c] = Math.sqrt(damping);
  const triangle = qr(a, b, rows, k);
  for (let c = 0; c < k; c++) {
    if (damping === 0 && Math.abs(triangle.r[c * k + c] as number) < 1e-12) return undefined;
  }
  const solution = solveUpper(triangle.r, triangle.qtb, k);
  if (solution === undefined) return undefined;
  columns.forEach((j, c) => {
    target[j] = (solution[c] as number) / (scale[j] as number);
  });
  return target;
}
