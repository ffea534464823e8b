/**
 * The simplex method of J. A. Nelder, R. Mead, Comput. J. 7 (1965) 308, with the coefficients of F. Gao, L. Han, Comput. Optim. Appl. 51
 * (2012) 259, which keep it from stalling in many dimensions, and restarts until one gains nothing. Points outside the box are moved into it.
 */

import { clampInto } from "./bounds.js";
import type { Vector } from "./dense.js";
import { type DirectOptions, type DirectResult, directSettings, finiteOrHigh, lowered } from "./direct.js";

interface Vertex {
  readonly theta: Vector;
  readonly value: number;
}

/**
 * Minimises a function without derivatives, a few parameters at most.
 * @throws ARGUMENT for a start outside its bounds
 */
export function nelderMead(f: (theta: Vector) => number, start: ArrayLike<number>, options: DirectOptions = {}): DirectResult {
  const { box, scale, most, tolerance } = directSettings("nelderMead", start, options);
  const n = start.length;
  let evaluations = 0;
  const at = (theta: Vector): Vertex => {
    evaluations++;
    const inside = theta.map((value, i) => clampInto(box, i, value));
    return { theta: inside, value: finiteOrHigh(f(inside)) };
  };
  let best = at(Float64Array.from(start));
  let converged = false;
  for (let restart = 0; !converged && evaluations < most; restart++) {
    const found = descend(best, restart % 2 === 0 ? 1 : -0.5);
    converged = found.converged && !lowered(best.value, found.best.value, 1e-12);
    if (found.best.value <= best.value) best = found.best;
  }
  return { theta: best.theta, value: best.value, evaluations, converged: converged && Number.isFinite(best.value) };

  function descend(origin: Vertex, size: number): { readonly best: Vertex; readonly converged: boolean } {
    const [expand, contract, shrink] = [1 + 2 / n, 0.75 - 1 / (2 * n), 1 - 1 / n || 0.5];
    let simplex = [
      origin,
      ...Array.from({ length: n }, (_, i) => {
        const step = size * (scale[i] as number);
        const moved = Float64Array.from(origin.theta);
        const there = (moved[i] as number) + step;
        // A step out of the box is taken the other way, or the simplex would be flat.
        moved[i] = there === clampInto(box, i, there) ? there : (moved[i] as number) - step;
        return at(moved);
      }),
    ];
    for (;;) {
      simplex.sort((a, b) => a.value - b.value);
      const [lowest, highest] = [simplex[0] as Vertex, simplex[n] as Vertex];
      const width = Math.max(
        ...simplex.flatMap(({ theta }) =>
          Array.from(theta, (value, i) => Math.abs(value - (lowest.theta[i] as number)) / (scale[i] as number)),
        ),
      );
      if (width <= tolerance) return { best: lowest, converged: true };
      if (evaluations >= most) return { best: lowest, converged: false };
      const centre = Float64Array.from(
        { length: n },
        (_, i) => simplex.slice(0, n).reduce((sum, { theta }) => sum + (theta[i] as number), 0) / n,
      );
      const along = (t: number): Vertex => at(centre.map((value, i) => value + t * (value - (highest.theta[i] as number))));
      const reflected = along(1);
      const second = (simplex[n - 1] as Vertex).value;
      let next: Vertex | undefined;
      if (reflected.value < lowest.value) {
        const expanded = along(expand);
        next = expanded.value < reflected.value ? expanded : reflected;
      } else if (reflected.value < second || (n === 1 && reflected.value < highest.value)) {
        next = reflected;
      } else {
        const contracted = reflected.value < highest.value ? along(contract) : along(-contract);
        if (contracted.value < Math.min(reflected.value, highest.value)) next = contracted;
      }
      simplex =
        next !== undefined
          ? [...simplex.slice(0, n), next]
          : [
              lowest,
              ...simplex
                .slice(1)
                .map(({ theta }) =>
                  at(theta.map((value, i) => (lowest.theta[i] as number) + shrink * (value - (lowest.theta[i] as number)))),
                ),
            ];
    }
  }
}
