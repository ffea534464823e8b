/** Slice sampling in the unit cube along random directions, with stepping out and shrinkage: R. M. Neal, Ann. Stat. 31 (2003) 705, figures 3 and 5. */
import { cholesky } from "../minimise/dense.js";
import type { ChainRandom } from "./chain-random.js";
import { Moments } from "./moments.js";

export class SliceWalk {
  /** Lower Cholesky factor [k, k] of a covariance that directions are stretched by. */
  readonly root: Float64Array;
  readonly #direction: Float64Array;
  readonly #trial: Float64Array;

  /** @param value of a point of the cube, −Infinity where there is none */
  constructor(
    private readonly dim: number,
    private readonly random: ChainRandom,
    private readonly value: (cube: Float64Array) => number,
  ) {
    this.root = Float64Array.from({ length: dim ** 2 }, (_, e) => (e % (dim + 1) === 0 ? 0.1 : 0));
    this.#direction = new Float64Array(dim);
    this.#trial = new Float64Array(dim);
  }

  /** Takes over the points' covariance; keeps the old one where they lie in a plane. */
  learn(points: readonly Float64Array[]): void {
    const moments = new Moments("dense", this.dim);
    for (const point of points) moments.add(point);
    const { lower } = cholesky(moments.covariance(), this.dim);
    if (lower !== undefined) this.root.set(lower);
  }

  /** One slice along a random direction through `cube`, which it moves. @param before its value @returns the new one, above `floor` */
  step(cube: Float64Array, floor: number, before: number): number {
    const { dim, root } = this;
    const direction = this.#direction;
    const trial = this.#trial;
    this.random.normals(trial);
    const length = Math.hypot(...trial);
    for (let i = 0; i < dim; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += (root[i * dim + j] as number) * (trial[j] as number);
      direction[i] = sum / length;
    }
    const at = (t: number): number => {
      for (let i = 0; i < dim; i++) {
        const x = (cube[i] as number) + t * (direction[i] as number);
        if (!(x >= 0 && x < 1)) return -Infinity;
        trial[i] = x;
      }
      return this.value(trial);
    };
    // A ball of unit variance has radius √(k + 2): one step from end to end of a round contour.
    const width = Math.sqrt(dim + 2);
    let left = -width * this.random.uniform();
    let right = left + width;
    while (at(left) > floor) left -= width;
    while (at(right) > floor) right += width;
    for (;;) {
      const t = left + (right - left) * this.random.uniform();
      const value = at(t);
      if (value > floor) {
        cube.set(trial);
        return value;
      }
      if (t < 0) left = t;
      else right = t;
      if (!(right - left > 1e-15)) return before; // a plateau of the likelihood: stay
    }
  }
}
