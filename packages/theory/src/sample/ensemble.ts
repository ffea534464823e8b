/**
 * The affine-invariant ensemble: each walker stretches towards or away from one of the other half (J. Goodman, J. Weare, CAMCoS 5 (2010) 65; halves as in
 * D. Foreman-Mackey et al., PASP 125 (2013) 306, algorithm 3). Needs no gradient and no warm-up but time to spread.
 */
import { TetradError } from "@tetrad/engine";
import type { ChainRandom } from "./chain-random.js";
import type { LogDensity } from "./log-density.js";
import type { Sampler, SamplerState } from "./sampler.js";

export interface EnsembleOptions {
  /** Even, at least 2(k + 1). */
  readonly walkers: number;
  /** Steps an iteration, of which the last is kept. */
  readonly thin: number;
}

interface State extends SamplerState {
  readonly walkers: readonly (readonly number[])[];
}

/** Stretches lie between 1/a and a, with density ∝ 1/√z. */
const A = 2;

export class EnsembleSampler implements Sampler {
  readonly statisticNames = ["acceptance"];
  readonly statistics = new Float64Array(1);
  readonly rows: number;
  readonly #walkers: readonly Float64Array[];
  readonly #logDensities: Float64Array;
  readonly #proposal: Float64Array;

  /** @param from the walkers' first points, different from each other, all of finite density */
  constructor(
    private readonly target: LogDensity,
    private readonly random: ChainRandom,
    private readonly options: EnsembleOptions,
    from: readonly Float64Array[] | SamplerState,
  ) {
    const { walkers } = options;
    const points: readonly ArrayLike<number>[] = Array.isArray(from) ? (from as readonly Float64Array[]) : (from as State).walkers;
    if (walkers % 2 !== 0 || walkers < 2 * (target.dim + 1) || points.length !== walkers) {
      throw new TetradError("ARGUMENT", {
        op: "sample",
        what: "wrong number of walkers",
        got: `${walkers} for ${target.dim} parameters`,
        expected: `an even number, at least ${2 * (target.dim + 1)}`,
        hint: "fewer walkers would only ever reach part of the space",
      });
    }
    this.rows = walkers;
    this.#walkers = points.map((q) => Float64Array.from(q));
    this.#logDensities = Float64Array.from(this.#walkers, (q) => target.logDensity(q));
    this.#proposal = new Float64Array(target.dim);
  }

  iterate(): void {
    let accepted = 0;
    for (let step = 0; step < this.options.thin; step++) for (const half of [0, 1] as const) accepted += this.#move(half);
    this.statistics[0] = accepted / (this.options.thin * this.rows);
  }

  position(row: number): Float64Array {
    return this.#walkers[row] as Float64Array;
  }

  logDensity(row: number): number {
    return this.#logDensities[row] as number;
  }

  state(): State {
    return { walkers: this.#walkers.map((q) => Array.from(q)) };
  }

  /** @returns how many walkers of this half moved */
  #move(half: 0 | 1): number {
    const size = this.rows / 2;
    const { dim } = this.target;
    let moved = 0;
    for (let w = half * size; w < (half + 1) * size; w++) {
      const own = this.#walkers[w] as Float64Array;
      const other = this.#walkers[(1 - half) * size + this.random.below(size)] as Float64Array;
      const z = ((A - 1) * this.random.uniform() + 1) ** 2 / A;
      for (let i = 0; i < dim; i++) this.#proposal[i] = (other[i] as number) + z * ((own[i] as number) - (other[i] as number));
      const proposed = this.target.logDensity(this.#proposal);
      if (!(Math.log(this.random.uniform()) < (dim - 1) * Math.log(z) + proposed - (this.#logDensities[w] as number))) continue;
      own.set(this.#proposal);
      this.#logDensities[w] = proposed;
      moved++;
    }
    return moved;
  }
}
