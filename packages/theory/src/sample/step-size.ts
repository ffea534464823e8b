/** Step sizes: a first guess, then dual averaging towards a wanted acceptance (M. D. Hoffman, A. Gelman, JMLR 15 (2014) 1593, 3.2 and algorithm 4). */
import type { ChainRandom } from "./chain-random.js";
import { copyPoint, type Hamiltonian, type Point, point } from "./hamiltonian.js";

const GAMMA = 0.05;
const T0 = 10;
const KAPPA = 0.75;

export interface StepSizeState {
  readonly mu: number;
  readonly count: number;
  readonly error: number;
  readonly average: number;
}

export class DualAveraging {
  #mu = 0;
  #count = 0;
  /** Weighted mean of (wanted − reached) acceptance. */
  #error = 0;
  /** Weighted mean of ln ε. */
  #average = 0;

  constructor(
    readonly wanted: number,
    state?: StepSizeState,
  ) {
    if (state === undefined) return;
    this.#mu = state.mu;
    this.#count = state.count;
    this.#error = state.error;
    this.#average = state.average;
  }

  restart(stepSize: number): void {
    this.#mu = Math.log(10 * stepSize);
    this.#count = 0;
    this.#error = 0;
    this.#average = 0;
  }

  /** The step size to go on with after one of this acceptance. */
  learn(acceptance: number): number {
    this.#count++;
    const share = 1 / (this.#count + T0);
    this.#error = (1 - share) * this.#error + share * (this.wanted - Math.min(1, acceptance));
    const logStep = this.#mu - (this.#error * Math.sqrt(this.#count)) / GAMMA;
    const weight = this.#count ** -KAPPA;
    this.#average = weight * logStep + (1 - weight) * this.#average;
    return Math.exp(logStep);
  }

  /** The step size to keep. */
  get settled(): number {
    return Math.exp(this.#average);
  }

  state(): StepSizeState {
    return { mu: this.#mu, count: this.#count, error: this.#error, average: this.#average };
  }
}

/** Doubles or halves a step size until one leapfrog step changes e^−H by a factor that crosses 0.8. */
export function firstStepSize(hamiltonian: Hamiltonian, from: Point, random: ChainRandom, guess: number): number {
  const z = point(from.q.length);
  let stepSize = guess;
  let direction = 0;
  // 2^±100 spans every scale of float64 parameters that a posterior can have.
  for (let i = 0; i < 100; i++) {
    copyPoint(from, z);
    random.normals(z.p);
    hamiltonian.metric.momentum(z.p);
    const before = hamiltonian.energy(z);
    hamiltonian.leapfrog(z, stepSize);
    const wanted = before - hamiltonian.energy(z) > Math.log(0.8) ? 1 : -1;
    if (direction === 0) direction = wanted;
    if (wanted !== direction) return stepSize;
    stepSize *= 2 ** direction;
  }
  return stepSize;
}
