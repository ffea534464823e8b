/** One chain from its start to its last draw: in steps of any size, from any worker, kept and taken up again without a trace in its numbers. */
import { TetradError } from "@tetrad/engine";
import { ChainRandom } from "./chain-random.js";
import { EnsembleSampler } from "./ensemble.js";
import { HmcSampler } from "./hmc.js";
import { CountedDensity, type LogDensity } from "./log-density.js";
import { MetropolisSampler } from "./metropolis.js";
import { NutsSampler } from "./nuts.js";
import { type ChainOptions, settingsOf } from "./options.js";
import type { Sampler, SamplerState } from "./sampler.js";
import { type Support, Transform } from "./transform.js";

/** What a chain is about: a density over bounded parameters, and where to begin. */
export interface ChainTarget {
  /** ln p(θ). */
  readonly density: LogDensity;
  readonly supports: readonly Support[];
  /** The density ends within the supports, where no slope announces it: what follows slopes runs into such walls and is refused. */
  readonly walls?: boolean;
  /** Says why there is no density at θ, by throwing; for an error better than "none was found". */
  explain?(theta: Float64Array): void;
}

/** @throws UNSUPPORTED where the density has walls */
export function refuseWalls({ walls }: ChainTarget, method: string): void {
  if (walls !== true) return;
  throw new TetradError("UNSUPPORTED", {
    op: "sample",
    what: "constraints are walls that no slope announces",
    got: method,
    hint: "sample with metropolis or ensemble",
  });
}

/** Draws of one chain, warm-up left out. */
export interface ChainDraws {
  /** Number of draws, n. */
  readonly draws: number;
  /** Points a draw: 1, or an ensemble's walkers. */
  readonly rows: number;
  /** θ [n, rows, k]. */
  readonly theta: Float64Array;
  /** ln p(θ) [n, rows], without Jacobian. */
  readonly logDensity: Float64Array;
  readonly statisticNames: readonly string[];
  /** [n, statistics]. */
  readonly statistics: Float64Array;
  /** Calls of the density, warm-up counted. */
  readonly calls: number;
  /** Of these, calls where it or its gradient was not finite, which count as probability zero. */
  readonly undefinedCalls: number;
  /** Seconds of warm-up and of sampling. */
  readonly seconds: { readonly warmup: number; readonly draws: number };
}

/** Plain JSON. */
export interface ChainState {
  readonly iteration: number;
  readonly sampler: SamplerState;
  readonly theta: readonly number[];
  readonly logDensity: readonly number[];
  readonly statistics: readonly number[];
  readonly calls: number;
  readonly undefinedCalls: number;
  readonly seconds: { readonly warmup: number; readonly draws: number };
}

/** Starting points tried before a chain gives up; within walls, that are cheap to ask, as many as find a ten-thousandth of the space. */
const TRIES = 200;
const TRIES_WITHIN_WALLS = 100_000;

/** Numbers that a chain may keep: as text, in its state, they then stay below the longest string that there is. */
const MOST_NUMBERS = 2 ** 24;

export class Chain {
  readonly #density: CountedDensity;
  readonly #transform: Transform;
  readonly #random: ChainRandom;
  readonly #sampler: Sampler;
  readonly #options: Required<ChainOptions>;
  readonly #record: { theta: Float64Array; logDensity: Float64Array; statistics: Float64Array };
  readonly #seconds = { warmup: 0, draws: 0 };
  readonly #theta: Float64Array;
  #iteration = 0;

  /**
   * @param index of this chain among those of its seed
   * @throws DATA when no starting point with a density is found; ARGUMENT for options out of range; UNSUPPORTED for slopes and walls together
   */
  constructor(target: ChainTarget, options: ChainOptions, index: number, state?: ChainState) {
    const settings = settingsOf(options, target.density.dim);
    this.#options = settings;
    this.#density = new CountedDensity(target.density);
    this.#transform = new Transform(target.supports);
    this.#random = new ChainRandom(settings.seed, index);
    this.#theta = new Float64Array(target.density.dim);
    this.#sampler = this.#create(target, state?.sampler);
    const { draws } = settings;
    const { rows, statisticNames } = this.#sampler;
    const perDraw = rows * (target.density.dim + 1) + statisticNames.length;
    if (draws * perDraw > MOST_NUMBERS) {
      throw new TetradError("ARGUMENT", {
        op: "sample",
        what: "too many draws for one chain",
        got: `${draws} draws of ${perDraw} numbers`,
        expected: `at most ${Math.floor(MOST_NUMBERS / perDraw)} draws`,
        hint: "run more chains, or keep fewer draws: neighbours say almost the same",
      });
    }
    this.#record = {
      theta: new Float64Array(draws * rows * target.density.dim),
      logDensity: new Float64Array(draws * rows),
      statistics: new Float64Array(draws * statisticNames.length),
    };
    if (state === undefined) return;
    this.#iteration = state.iteration;
    for (const part of ["theta", "logDensity", "statistics"] as const) this.#record[part].set(state[part]);
    this.#density.calls = state.calls;
    this.#density.undefinedCalls = state.undefinedCalls;
    Object.assign(this.#seconds, state.seconds);
  }

  /** Iterations done and in all, warm-up counted. */
  get progress(): { readonly done: number; readonly total: number; readonly warmup: number } {
    const { warmup, draws } = this.#options;
    return { done: this.#iteration, total: warmup + draws, warmup };
  }

  get finished(): boolean {
    return this.#iteration === this.#options.warmup + this.#options.draws;
  }

  /** Runs `iterations` more, or up to the end. */
  advance(iterations: number): void {
    const { warmup, draws } = this.#options;
    const last = Math.min(this.#iteration + iterations, warmup + draws);
    while (this.#iteration < last) {
      const begin = performance.now();
      const stop = this.#iteration < warmup ? Math.min(last, warmup) : last;
      const phase = this.#iteration < warmup ? "warmup" : "draws";
      while (this.#iteration < stop) {
        this.#random.begin(this.#iteration + 1); // 0 was the start
        this.#sampler.iterate(this.#iteration);
        if (this.#iteration >= warmup) this.#keep(this.#iteration - warmup);
        this.#iteration++;
      }
      this.#seconds[phase] += (performance.now() - begin) / 1000;
    }
  }

  result(): ChainDraws {
    const { rows, statisticNames } = this.#sampler;
    return {
      draws: Math.max(0, this.#iteration - this.#options.warmup),
      rows,
      ...this.#record,
      statisticNames,
      calls: this.#density.calls,
      undefinedCalls: this.#density.undefinedCalls,
      seconds: this.#seconds,
    };
  }

  state(): ChainState {
    const kept = Math.max(0, this.#iteration - this.#options.warmup);
    const { rows, statisticNames } = this.#sampler;
    const { theta, logDensity, statistics } = this.#record;
    return {
      iteration: this.#iteration,
      sampler: this.#sampler.state(),
      theta: Array.from(theta.subarray(0, kept * rows * this.#density.dim)),
      logDensity: Array.from(logDensity.subarray(0, kept * rows)),
      statistics: Array.from(statistics.subarray(0, kept * statisticNames.length)),
      calls: this.#density.calls,
      undefinedCalls: this.#density.undefinedCalls,
      seconds: { ...this.#seconds },
    };
  }

  #keep(draw: number): void {
    const { theta, logDensity, statistics } = this.#record;
    const { rows } = this.#sampler;
    const k = this.#density.dim;
    for (let row = 0; row < rows; row++) {
      const logJacobian = this.#transform.constrain(this.#sampler.position(row), this.#theta);
      theta.set(this.#theta, (draw * rows + row) * k);
      logDensity[draw * rows + row] = this.#sampler.logDensity(row) - logJacobian;
    }
    statistics.set(this.#sampler.statistics, draw * this.#sampler.statisticNames.length);
  }

  #create(target: ChainTarget, state: SamplerState | undefined): Sampler {
    const options = this.#options;
    if (options.sampler === "nuts" || options.sampler === "hmc") refuseWalls(target, options.sampler);
    const density = this.#transform.unbounded(this.#density);
    const random = this.#random;
    if (options.sampler === "ensemble") {
      return new EnsembleSampler(
        density,
        random,
        options,
        state ?? Array.from({ length: options.walkers }, (_, walker) => this.#start(target, density, walker)),
      );
    }
    const from = state ?? this.#start(target, density, 0);
    if (options.sampler === "metropolis") return new MetropolisSampler(density, random, options, from);
    return options.sampler === "hmc" ? new HmcSampler(density, random, options, from) : new NutsSampler(density, random, options, from);
  }

  /** Stan's start: each coordinate uniform in (−2, 2), until there are density and gradient. */
  #start(target: ChainTarget, density: LogDensity, walker: number): Float64Array {
    const { dim } = density;
    const gradient = new Float64Array(dim);
    const u = new Float64Array(dim);
    if (walker === 0) this.#random.begin(0); // the others go on in the same sequence
    const tries = target.walls === true ? TRIES_WITHIN_WALLS : TRIES;
    for (let attempt = 0; attempt < tries; attempt++) {
      for (let i = 0; i < dim; i++) u[i] = 4 * this.#random.uniform() - 2;
      if (density.logDensity(u, gradient) > -Infinity) return u;
    }
    this.#transform.constrain(u, this.#theta);
    target.explain?.(this.#theta);
    throw new TetradError("DATA", {
      op: "sample",
      what: `none of ${tries} starting points has a probability`,
      got: `the last one was ${Array.from(this.#theta, (value) => value.toPrecision(6)).join(", ")}`,
      hint: "bounds or priors exclude what the data allow, or the theory has no value there: narrow the bounds to where it is defined",
    });
  }
}
