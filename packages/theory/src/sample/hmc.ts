/** Hamiltonian Monte Carlo with trajectories of random length (R. M. Neal, 2011, 3.2 for the jitter, which keeps a trajectory from closing on itself). */
import type { ChainRandom } from "./chain-random.js";
import { copyPoint, type Point, point } from "./hamiltonian.js";
import { DIVERGENCE, type HamiltonianOptions, HamiltonianSampler } from "./hamiltonian-sampler.js";
import type { LogDensity } from "./log-density.js";
import type { SamplerState } from "./sampler.js";

export interface HmcOptions extends HamiltonianOptions {
  /** Mean time of a trajectory in units where the posterior's standard deviations are 1. A quarter turn of a Gaussian is π/2. */
  readonly time: number;
}

/** Steps of one trajectory at most, as for NUTS of depth 10. */
const MOST_STEPS = 1024;

export class HmcSampler extends HamiltonianSampler {
  readonly #proposal: Point;
  readonly #time: number;

  constructor(target: LogDensity, random: ChainRandom, options: HmcOptions, from: Float64Array | SamplerState) {
    super(target, random, options, from);
    this.#proposal = point(target.dim);
    this.#time = options.time;
  }

  protected override transition(): number {
    const { current, hamiltonian, statistics } = this;
    const z = this.#proposal;
    copyPoint(current, z);
    const before = hamiltonian.energy(z);
    const time = this.#time * (0.5 + this.random.uniform());
    const steps = Math.min(Math.max(1, Math.round(time / this.stepSize)), MOST_STEPS);
    let taken = 0;
    let error = 0;
    while (taken < steps && error <= DIVERGENCE) {
      hamiltonian.leapfrog(z, this.stepSize);
      error = hamiltonian.energy(z) - before;
      taken++;
    }
    const acceptance = Math.min(1, Math.exp(-error));
    if (this.random.uniform() < acceptance) copyPoint(z, current);
    statistics[2] = taken;
    statistics[3] = 0;
    statistics[4] = before;
    statistics[5] = error > DIVERGENCE && z.logDensity > -Infinity ? 1 : 0;
    statistics[6] = z.logDensity === -Infinity ? 1 : 0;
    return acceptance;
  }
}
