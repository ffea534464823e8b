/**
 * Where L-BFGS-B's quadratic model leads inside the box: the generalised Cauchy point (first minimum along the projected
 * gradient path), then the minimiser over the variables still free there. Source: Byrd, Lu, Nocedal, Zhu (1995), sections 4
 * and 5.1; projection of the second point as in J. L. Morales, J. Nocedal, ACM Trans. Math. Softw. 38 (2011) 7.
 */

import { type Box, clampInto } from "./bounds.js";
import { dot, type Vector } from "./dense.js";
import type { LimitedMemory } from "./lbfgs-memory.js";

/** A feasible point below x in the model; x itself when x is stationary. */
export function modelMinimiser(memory: LimitedMemory, box: Box, x: Vector, g: Vector): Vector {
  const { point, c } = cauchyPoint(memory, box, x, g);
  const n = x.length;
  const free: number[] = [];
  for (let i = 0; i < n; i++)
    if ((point[i] as number) > (box.lower[i] as number) && (point[i] as number) < (box.upper[i] as number)) free.push(i);
  if (free.length === 0 || memory.pairs === 0) return point;

  const step = freeStep(memory, x, g, point, c, free);
  const target = Float64Array.from(point);
  for (const [k, i] of free.entries()) target[i] = clampInto(box, i, (point[i] as number) + (step[k] as number));
  let slope = 0;
  for (let i = 0; i < n; i++) slope += ((target[i] as number) - (x[i] as number)) * (g[i] as number);
  if (slope < 0 && target.every(Number.isFinite)) return target;

  // The projection bent the step uphill: go along it only as far as the box allows.
  let fraction = 1;
  for (const [k, i] of free.entries()) {
    const s = step[k] as number;
    if (s !== 0) fraction = Math.min(fraction, ((s > 0 ? (box.upper[i] as number) : (box.lower[i] as number)) - (point[i] as number)) / s);
  }
  const shortened = Float64Array.from(point);
  for (const [k, i] of free.entries()) shortened[i] = clampInto(box, i, (point[i] as number) + fraction * (step[k] as number));
  return shortened.every(Number.isFinite) ? shortened : point;
}

/** The Cauchy point, and c = Wᵀ(point − x). */
function cauchyPoint(memory: LimitedMemory, box: Box, x: Vector, g: Vector): { point: Vector; c: Vector } {
  const n = x.length;
  const { theta } = memory;
  const point = Float64Array.from(x);
  const d = new Float64Array(n);
  const breaks = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const gi = g[i] as number;
    breaks[i] =
      gi < 0 ? ((x[i] as number) - (box.upper[i] as number)) / gi : gi > 0 ? ((x[i] as number) - (box.lower[i] as number)) / gi : Infinity;
    if ((breaks[i] as number) > 0) d[i] = -gi;
  }
  const order = Array.from({ length: n }, (_, i) => i)
    .filter((i) => (breaks[i] as number) > 0)
    .sort((i, j) => (breaks[i] as number) - (breaks[j] as number));
  const p = memory.project(d);
  const c = new Float64Array(p.length);
  const quadratic = (v: Vector, w: Vector): number => (v.length === 0 ? 0 : dot(v, memory.middle(w)));

  let slope = -dot(d, d);
  if (slope === 0) return { point, c };
  let curvature = -theta * slope - quadratic(p, p);
  // B is positive definite, so curvature is too; rounding may say otherwise (same guard as L-BFGS-B 3.0).
  const floor = Number.EPSILON * curvature;
  let from = 0;
  let toMinimum = -slope / curvature;
  for (const b of order) {
    const until = breaks[b] as number;
    const interval = until - from;
    if (toMinimum < interval) break;
    point[b] = ((d[b] as number) > 0 ? box.upper[b] : box.lower[b]) as number;
    const z = (point[b] as number) - (x[b] as number);
    const gb = g[b] as number;
    const w = memory.row(b);
    for (let k = 0; k < c.length; k++) c[k] = (c[k] as number) + interval * (p[k] as number);
    slope += interval * curvature + gb * gb + theta * gb * z - gb * quadratic(w, c);
    curvature -= theta * gb * gb + 2 * gb * quadratic(w, p) + gb * gb * quadratic(w, w);
    curvature = Math.max(curvature, floor);
    for (let k = 0; k < p.length; k++) p[k] = (p[k] as number) + gb * (w[k] as number);
    d[b] = 0;
    from = until;
    toMinimum = -slope / curvature;
  }
  const remaining = Math.max(toMinimum, 0);
  for (let i = 0; i < n; i++) if (d[i] !== 0) point[i] = clampInto(box, i, (x[i] as number) + (from + remaining) * (d[i] as number));
  for (let k = 0; k < c.length; k++) c[k] = (c[k] as number) + remaining * (p[k] as number);
  return { point, c };
}

/** Newton step of the model in the free variables, from the Cauchy point (direct primal method). */
function freeStep(memory: LimitedMemory, x: Vector, g: Vector, point: Vector, c: Vector, free: readonly number[]): Vector {
  const { theta } = memory;
  const mc = memory.middle(c);
  const rows = free.map((i) => memory.row(i));
  const r = Float64Array.from(
    free,
    (i, k) => (g[i] as number) + theta * ((point[i] as number) - (x[i] as number)) - dot(rows[k] as Vector, mc),
  );
  const size = c.length;
  const wr = new Float64Array(size); // WᵀZ r
  const ww = new Float64Array(size * size); // WᵀZ ZᵀW / θ
  rows.forEach((row, k) => {
    for (let a = 0; a < size; a++) {
      wr[a] = (wr[a] as number) + (row[a] as number) * (r[k] as number);
      for (let b = 0; b < size; b++) ww[a * size + b] = (ww[a * size + b] as number) + ((row[a] as number) * (row[b] as number)) / theta;
    }
  });
  const v = memory.middleMinus(ww, wr);
  return Float64Array.from(rows, (row, k) => -(r[k] as number) / theta - dot(row, v) / theta ** 2);
}
