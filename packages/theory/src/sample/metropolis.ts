/**
 * Random-walk Metropolis whose Gaussian steps learn their covariance and length in warm-up and stay as they are then: H. Haario, E. Saksman,
 * J. Tamminen, Bernoulli 7 (2001) 223; length by C. Andrieu, J. Thoms, Stat. Comput. 18 (2008) 343, algorithm 4, towards the acceptance of
 * G. O. Roberts, A. Gelman, W. R. Gilks, Ann. Appl. Probab. 7 (1997) 110.
 */
import { cholesky } from "../minimise/dense.js";
import type { ChainRandom } from "./chain-random.js";
import type { LogDensity } from "./log-density.js";
import { Moments, type MomentsState } from "./moments.js";
import type { Sampler, SamplerState } from "./sampler.js";
import { type Schedule, schedule } from "./warmup.js";

export interface MetropolisOptions {
  readonly warmup: number;
  /** Steps an iteration, of which the last is the draw; neighbouring steps differ little. */
  readonly thin: number;
}

interface State extends SamplerState {
  readonly q: readonly number[];
  readonly logLength: number;
  readonly root: readonly number[];
  readonly moments: MomentsState;
}

/** Best acceptance for one parameter, and in the limit of many. */
const ACCEPTANCE = [0.44, 0.234] as const;

export class MetropolisSampler implements Sampler {
  readonly statisticNames = ["acceptance", "length"];
  readonly statistics = new Float64Array(2);
  readonly rows = 1;
  readonly #q: Float64Array;
  readonly #proposal: Float64Array;
  readonly #normals: Float64Array;
  #logDensity: number;
  /** ln of the step's length in units of 2.38/√k posterior standard deviations. */
  #logLength: number;
  /** Lower Cholesky factor of the learnt covariance [k, k]. */
  #root: Float64Array;
  readonly #moments: Moments;
  readonly #schedule: Schedule;

  constructor(
    private readonly target: LogDensity,
    private readonly random: ChainRandom,
    private readonly options: MetropolisOptions,
    from: Float64Array | SamplerState,
  ) {
    const { dim } = target;
    const kept = from instanceof Float64Array ? undefined : (from as State);
    this.#q = Float64Array.from(kept?.q ?? (from as Float64Array));
    this.#logDensity = target.logDensity(this.#q);
    this.#proposal = new Float64Array(dim);
    this.#normals = new Float64Array(dim);
    this.#logLength = kept?.logLength ?? 0;
    this.#root = Float64Array.from(kept?.root ?? Array.from({ length: dim * dim }, (_, e) => (e % (dim + 1) === 0 ? 1 : 0)));
    this.#moments = new Moments("dense", dim, kept?.moments);
    this.#schedule = schedule(options.warmup);
  }

  iterate(iteration: number): void {
    const { warmup, thin } = this.options;
    let accepted = 0;
    for (let step = 0; step < thin; step++) {
      const acceptance = this.#step();
      accepted += acceptance;
      if (iteration >= warmup) continue;
      const wanted = this.target.dim === 1 ? ACCEPTANCE[0] : ACCEPTANCE[1];
      // Robbins–Monro steps that shrink slowly enough to follow, fast enough to settle.
      this.#logLength += (acceptance - wanted) / Math.sqrt(1 + (iteration * thin + step) / 10);
    }
    this.statistics[0] = accepted / thin;
    this.statistics[1] = Math.exp(this.#logLength);
    if (iteration < warmup) this.#learn(iteration);
  }

  position(): Float64Array {
    return this.#q;
  }

  logDensity(): number {
    return this.#logDensity;
  }

  state(): State {
    return { q: Array.from(this.#q), logLength: this.#logLength, root: Array.from(this.#root), moments: this.#moments.state() };
  }

  /** @returns the probability with which this step was accepted */
  #step(): number {
    const k = this.target.dim;
    const length = (2.38 / Math.sqrt(k)) * Math.exp(this.#logLength);
    this.random.normals(this.#normals);
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += (this.#root[i * k + j] as number) * (this.#normals[j] as number);
      this.#proposal[i] = (this.#q[i] as number) + length * sum;
    }
    const proposed = this.target.logDensity(this.#proposal);
    const acceptance = Math.min(1, Math.exp(proposed - this.#logDensity));
    if (this.random.uniform() < acceptance) {
      this.#q.set(this.#proposal);
      this.#logDensity = proposed;
    }
    return acceptance;
  }

  #learn(iteration: number): void {
    const { from, ends } = this.#schedule;
    if (iteration >= from) this.#moments.add(this.#q);
    // A window in which the chain hardly moved teaches no covariance.
    if (!ends.includes(iteration + 1) || this.#moments.count < 10 * this.target.dim) return;
    const { lower } = cholesky(this.#moments.regularised(), this.target.dim);
    if (lower === undefined) return;
    this.#root = lower;
    this.#moments.clear();
  }
}
