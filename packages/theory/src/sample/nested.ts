/**
 * Static nested sampling (J. Skilling, Bayesian Analysis 1 (2006) 833): live points drawn from the prior; the worst dies again and again, and one of the
 * others takes its place after a walk inside its contour (slice.ts), as in PolyChord (W. J. Handley et al., MNRAS 453 (2015) 4384). No ellipsoid has to hold the
 * contour, so curved and multimodal posteriors are not cut.
 */
import { TetradError } from "@tetrad/engine";
import { ChainRandom } from "./chain-random.js";
import { logAddExp, logSumExp } from "./log-sum.js";
import type { SamplerState } from "./sampler.js";
import { SliceWalk } from "./slice.js";

export interface NestedTarget {
  readonly dim: number;
  /** The prior's quantile function: a point of the unit cube becomes θ. */
  priorTransform(cube: Float64Array, theta: Float64Array): void;
  /** ln L(θ), without prior. */
  logLikelihood(theta: Float64Array): number;
}

export interface NestedOptions {
  /** Live points, K; 400 unless told. The error of ln Z is √(H/K). */
  readonly live?: number;
  /** Slice steps between a copied point and the one that joins; 5 k unless told. */
  readonly steps?: number;
  /** Ends when the live points could raise ln Z by at most this; 0.01 unless told. */
  readonly tolerance?: number;
  readonly seed?: number;
}

export interface NestedResult {
  /** ln of the integral of likelihood × normalised prior. */
  readonly logEvidence: number;
  /** Its standard deviation, √(H/K) and the binomial error of the prior's defined part together. */
  readonly logEvidenceError: number;
  /** H = ∫ p ln(p/π), in nats. */
  readonly information: number;
  /** Points θ [n, k] … */
  readonly theta: Float64Array;
  /** … with ln L … */
  readonly logLikelihood: Float64Array;
  /** … and posterior weights, of sum 1. */
  readonly weights: Float64Array;
  /** 1/Σw²: how many equal draws the weights are worth. */
  readonly effectiveSize: number;
  readonly calls: number;
  /** Calls without a finite likelihood. */
  readonly undefinedCalls: number;
}

interface State extends SamplerState {
  readonly iteration: number;
  readonly cubes: readonly (readonly number[])[];
  readonly liveLikelihoods: readonly number[];
  readonly dead: readonly (readonly number[])[];
  readonly deadLikelihoods: readonly number[];
  readonly calls: number;
  readonly undefinedCalls: number;
  readonly tried: number;
  readonly root: readonly number[];
}

/** Slice steps of one death at most: each draws a vector of numbers of its own. */
const MOST_STEPS = 2 ** 16 - 1;

/** Points of the prior tried for each live one before it is said to exclude the data. */
const MOST_TRIES = 1000;

export class NestedSampler {
  readonly #random: ChainRandom;
  readonly #live: number;
  readonly #steps: number;
  readonly #tolerance: number;
  readonly #cubes: Float64Array[] = [];
  readonly #likelihoods: number[] = [];
  readonly #dead: Float64Array[] = [];
  readonly #deadLikelihoods: number[] = [];
  readonly #theta: Float64Array;
  readonly #walk: SliceWalk;
  #iteration = 0;
  #calls = 0;
  #undefined = 0;
  /** Points of the prior drawn to find the first live ones. */
  #tried = 0;
  #logEvidence = -Infinity;

  /** @throws ARGUMENT for options out of range; DATA when the prior holds no point with a likelihood */
  constructor(
    private readonly target: NestedTarget,
    options: NestedOptions = {},
    state?: SamplerState,
  ) {
    const { dim } = target;
    const { live = 400, steps = 5 * dim, tolerance = 0.01, seed = 0 } = options;
    if (!Number.isInteger(live) || live < 2 * dim + 2) {
      throw new TetradError("ARGUMENT", {
        op: "nested sampling",
        what: "too few live points",
        got: `${live}`,
        expected: `a whole number, at least ${2 * dim + 2} for ${dim} parameters`,
      });
    }
    if (!Number.isInteger(steps) || steps < 1 || steps > MOST_STEPS || !(tolerance > 0)) {
      throw new TetradError("ARGUMENT", {
        op: "nested sampling",
        what: "steps or tolerance out of range",
        got: `${steps}, ${tolerance}`,
        expected: `a whole number from 1 to ${MOST_STEPS}, a number above 0`,
      });
    }
    this.#live = live;
    this.#steps = steps;
    this.#tolerance = tolerance;
    this.#random = new ChainRandom(seed, 0);
    this.#theta = new Float64Array(dim);
    this.#walk = new SliceWalk(dim, this.#random, (cube) => this.#value(cube));
    if (state === undefined) this.#populate();
    else this.#restore(state as State);
  }

  get finished(): boolean {
    if (this.#logEvidence === -Infinity) return false;
    const highest = this.#likelihoods.reduce((most, value) => Math.max(most, value), -Infinity);
    const rest = highest + this.#logVolume(this.#iteration);
    return Math.log1p(Math.exp(rest - this.#logEvidence)) < this.#tolerance;
  }

  /** Points that have died, and ln Z so far. */
  get progress(): { readonly dead: number; readonly logEvidence: number } {
    return { dead: this.#iteration, logEvidence: this.#logEvidence };
  }

  /** So many deaths, or up to the end. */
  advance(iterations: number): void {
    for (let i = 0; i < iterations && !this.finished; i++) this.#replaceWorst();
  }

  result(): NestedResult {
    const { dim } = this.target;
    const last = this.#logVolume(this.#iteration) - Math.log(this.#live);
    const order = this.#likelihoods.map((_, i) => i).sort((a, b) => (this.#likelihoods[a] as number) - (this.#likelihoods[b] as number));
    const cubes = [...this.#dead, ...order.map((i) => this.#cubes[i] as Float64Array)];
    const logLikelihood = Float64Array.from([...this.#deadLikelihoods, ...order.map((i) => this.#likelihoods[i] as number)]);
    const logWeights = logLikelihood.map((value, i) => value + (i < this.#iteration ? this.#logShell(i) : last));
    const logEvidence = logSumExp(logWeights);
    const weights = logWeights.map((value) => Math.exp(value - logEvidence));
    const theta = new Float64Array(cubes.length * dim);
    cubes.forEach((cube, i) => {
      this.target.priorTransform(cube, theta.subarray(i * dim, (i + 1) * dim));
    });
    const information = Math.max(0, weights.reduce((sum, w, i) => sum + (w > 0 ? w * (logLikelihood[i] as number) : 0), 0) - logEvidence);
    const defined = this.#live / this.#tried;
    return {
      logEvidence: logEvidence + Math.log(defined),
      logEvidenceError: Math.sqrt(information / this.#live + (1 - defined) / this.#live),
      information: information - Math.log(defined),
      theta,
      logLikelihood,
      weights,
      effectiveSize: 1 / weights.reduce((sum, w) => sum + w * w, 0),
      calls: this.#calls,
      undefinedCalls: this.#undefined,
    };
  }

  state(): State {
    return {
      iteration: this.#iteration,
      cubes: this.#cubes.map((cube) => Array.from(cube)),
      liveLikelihoods: [...this.#likelihoods],
      dead: this.#dead.map((cube) => Array.from(cube)),
      deadLikelihoods: [...this.#deadLikelihoods],
      calls: this.#calls,
      undefinedCalls: this.#undefined,
      tried: this.#tried,
      root: Array.from(this.#walk.root),
    };
  }

  #restore(state: State): void {
    this.#iteration = state.iteration;
    // One by one: a long run has more dead points than a call may have arguments.
    for (const cube of state.cubes) this.#cubes.push(Float64Array.from(cube));
    for (const value of state.liveLikelihoods) this.#likelihoods.push(value);
    for (const cube of state.dead) this.#dead.push(Float64Array.from(cube));
    for (const value of state.deadLikelihoods) this.#deadLikelihoods.push(value);
    this.#calls = state.calls;
    this.#undefined = state.undefinedCalls;
    this.#tried = state.tried;
    this.#walk.root.set(state.root);
    this.#deadLikelihoods.forEach((value, i) => {
      this.#logEvidence = logAddExp(this.#logEvidence, value + this.#logShell(i));
    });
  }

  /** ln of the prior volume inside the contour after so many deaths: its mean shrinks by e^(−1/K) each. */
  #logVolume(iteration: number): number {
    return -iteration / this.#live;
  }

  /** ln(X_i − X_{i+1}): the shell that death i leaves behind. */
  #logShell(iteration: number): number {
    return this.#logVolume(iteration) + Math.log(-Math.expm1(-1 / this.#live));
  }

  #value(cube: Float64Array): number {
    this.#calls++;
    this.target.priorTransform(cube, this.#theta);
    const value = this.target.logLikelihood(this.#theta);
    if (Number.isFinite(value)) return value;
    this.#undefined++;
    return -Infinity;
  }

  /** Live points from where the likelihood is defined; how rarely that was so is a factor of Z. */
  #populate(): void {
    this.#random.begin(0);
    while (this.#cubes.length < this.#live) {
      if (this.#tried >= MOST_TRIES * this.#live) {
        throw new TetradError("DATA", {
          op: "nested sampling",
          what: `of ${this.#tried} points of the prior only ${this.#cubes.length} have a likelihood`,
          hint: "the prior excludes what the data allow, or the theory has no value there: narrow the bounds to where it is defined",
        });
      }
      const cube = Float64Array.from({ length: this.target.dim }, () => this.#random.uniform());
      this.#tried++;
      const value = this.#value(cube);
      if (value === -Infinity) continue;
      this.#cubes.push(cube);
      this.#likelihoods.push(value);
    }
  }

  #replaceWorst(): void {
    this.#random.begin(this.#iteration + 1);
    let worst = 0;
    for (let i = 1; i < this.#live; i++) if ((this.#likelihoods[i] as number) < (this.#likelihoods[worst] as number)) worst = i;
    const floor = this.#likelihoods[worst] as number;
    if (this.#iteration % (this.#live >> 2) === 0) this.#walk.learn(this.#cubes);
    this.#dead.push(this.#cubes[worst] as Float64Array);
    this.#deadLikelihoods.push(floor);
    this.#logEvidence = logAddExp(this.#logEvidence, floor + this.#logShell(this.#iteration));
    let from = this.#random.below(this.#live - 1);
    if (from >= worst) from++;
    const cube = Float64Array.from(this.#cubes[from] as Float64Array);
    let value = this.#likelihoods[from] as number;
    for (let step = 0; step < this.#steps; step++) value = this.#walk.step(cube, floor, value);
    this.#cubes[worst] = cube;
    this.#likelihoods[worst] = value;
    this.#iteration++;
  }
}

/** Equal draws from weighted ones: systematic resampling, each point as often as its weight says to within one. @returns indices */
export function resample(weights: Float64Array, count: number, random: ChainRandom): Uint32Array {
  const chosen = new Uint32Array(count);
  const offset = random.uniform();
  let sum = 0;
  let next = 0;
  weights.forEach((weight, i) => {
    sum += weight * count;
    while (next < count && next + offset < sum) chosen[next++] = i;
  });
  while (next < count) chosen[next++] = weights.length - 1; // rounding of the sum
  return chosen;
}
