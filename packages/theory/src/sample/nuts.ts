/**
 * The no-U-turn sampler with multinomial weights: M. D. Hoffman, A. Gelman, JMLR 15 (2014) 1593; M. Betancourt, arXiv:1701.02434, appendix A.3, with the
 * generalised criterion and its checks across subtrees as Stan has them since 2.21 (github.com/stan-dev/stan, base_nuts.hpp).
 */
import type { ChainRandom } from "./chain-random.js";
import { copyPoint, type Point, point } from "./hamiltonian.js";
import { DIVERGENCE, type HamiltonianOptions, HamiltonianSampler } from "./hamiltonian-sampler.js";
import type { LogDensity } from "./log-density.js";
import { logAddExp } from "./log-sum.js";
import type { SamplerState } from "./sampler.js";

export interface NutsOptions extends HamiltonianOptions {
  /** A trajectory has at most 2 to this power steps. */
  readonly maxDepth: number;
}

/** Momentum and velocity at one end of a trajectory. */
interface End {
  readonly p: Float64Array;
  readonly velocity: Float64Array;
}

/** A stretch of trajectory: the sum of its momenta, ln of the sum of e^−(H − H0), and a point drawn from it by these weights. */
interface Stretch {
  readonly rho: Float64Array;
  logWeight: number;
  readonly chosen: Point;
}

/** Storage of one depth of the recursion: both halves, and their ends that meet. */
interface Level {
  readonly early: Stretch;
  readonly late: Stretch;
  readonly earlyEnd: End;
  readonly lateBegin: End;
}

const end = (dim: number): End => ({ p: new Float64Array(dim), velocity: new Float64Array(dim) });
const stretch = (dim: number): Stretch => ({ rho: new Float64Array(dim), logWeight: -Infinity, chosen: point(dim) });

function copyEnd(from: End, to: End): void {
  to.p.set(from.p);
  to.velocity.set(from.velocity);
}

export class NutsSampler extends HamiltonianSampler {
  readonly #levels: readonly Level[];
  readonly #forward: Point;
  readonly #backward: Point;
  readonly #ends: { forward: End; backward: End; innerForward: End; innerBackward: End };
  /** All of the trajectory so far. */
  readonly #whole: Stretch;
  readonly #added: Stretch;
  readonly #maxDepth: number;
  #energy = 0;
  #leapfrogs = 0;
  #acceptances = 0;
  #diverging = false;
  #leftSupport = false;

  constructor(target: LogDensity, random: ChainRandom, options: NutsOptions, from: Float64Array | SamplerState) {
    super(target, random, options, from);
    const { dim } = target;
    this.#maxDepth = options.maxDepth;
    this.#levels = Array.from({ length: options.maxDepth }, () => ({
      early: stretch(dim),
      late: stretch(dim),
      earlyEnd: end(dim),
      lateBegin: end(dim),
    }));
    this.#forward = point(dim);
    this.#backward = point(dim);
    this.#ends = { forward: end(dim), backward: end(dim), innerForward: end(dim), innerBackward: end(dim) };
    this.#whole = stretch(dim);
    this.#added = stretch(dim);
  }

  protected override transition(): number {
    const { current, hamiltonian } = this;
    const whole = this.#whole;
    const { forward, backward, innerForward, innerBackward } = this.#ends;
    this.#energy = hamiltonian.energy(current);
    this.#leapfrogs = 0;
    this.#acceptances = 0;
    this.#diverging = false;
    this.#leftSupport = false;
    copyPoint(current, this.#forward);
    copyPoint(current, this.#backward);
    forward.p.set(current.p);
    hamiltonian.metric.velocity(current.p, forward.velocity);
    for (const other of [backward, innerForward, innerBackward]) copyEnd(forward, other);
    whole.rho.set(current.p);
    whole.logWeight = 0;
    let depth = 0;
    while (depth < this.#maxDepth) {
      const ahead = this.random.uniform() > 0.5;
      // The stretch so far becomes one side of the new whole; its end where the two meet is the old outer one.
      copyEnd(ahead ? forward : backward, ahead ? innerBackward : innerForward);
      const valid = ahead
        ? this.#extend(depth, 1, this.#forward, innerForward, forward, this.#added)
        : this.#extend(depth, -1, this.#backward, innerBackward, backward, this.#added);
      if (!valid) break;
      depth++;
      const added = this.#added;
      // Biased towards the new half, which moves the chain further (Betancourt, A.3.2).
      if (Math.log(this.random.uniform()) < added.logWeight - whole.logWeight) copyPoint(added.chosen, current);
      whole.logWeight = logAddExp(whole.logWeight, added.logWeight);
      const before = ahead ? whole.rho : added.rho;
      const after = ahead ? added.rho : whole.rho;
      const goesOn =
        this.#straight(backward, forward, before, after) &&
        this.#straight(backward, innerForward, before, innerForward.p) &&
        this.#straight(innerBackward, forward, innerBackward.p, after);
      for (let i = 0; i < whole.rho.length; i++) whole.rho[i] = (whole.rho[i] as number) + (added.rho[i] as number);
      if (!goesOn) break;
    }
    const { statistics } = this;
    statistics[2] = this.#leapfrogs;
    statistics[3] = depth;
    statistics[4] = this.#energy;
    statistics[5] = this.#diverging ? 1 : 0;
    statistics[6] = this.#leftSupport ? 1 : 0;
    return this.#acceptances / this.#leapfrogs;
  }

  /** Runs 2^depth steps on from z; false once it turns back, diverges or leaves the support. `begin` and `last` get its ends in the order of the walk. */
  #extend(depth: number, direction: 1 | -1, z: Point, begin: End, last: End, into: Stretch): boolean {
    if (depth === 0) return this.#leaf(direction, z, begin, last, into);
    const { early, late, earlyEnd, lateBegin } = this.#levels[depth - 1] as Level;
    if (!this.#extend(depth - 1, direction, z, begin, earlyEnd, early)) return false;
    if (!this.#extend(depth - 1, direction, z, lateBegin, last, late)) return false;
    into.logWeight = logAddExp(early.logWeight, late.logWeight);
    copyPoint(Math.log(this.random.uniform()) < late.logWeight - into.logWeight ? late.chosen : early.chosen, into.chosen);
    for (let i = 0; i < into.rho.length; i++) into.rho[i] = (early.rho[i] as number) + (late.rho[i] as number);
    return (
      this.#straight(begin, last, early.rho, late.rho) &&
      this.#straight(begin, lateBegin, early.rho, lateBegin.p) &&
      this.#straight(earlyEnd, last, earlyEnd.p, late.rho)
    );
  }

  #leaf(direction: 1 | -1, z: Point, begin: End, last: End, into: Stretch): boolean {
    this.hamiltonian.leapfrog(z, direction * this.stepSize);
    this.#leapfrogs++;
    const error = this.hamiltonian.energy(z) - this.#energy;
    if (z.logDensity === -Infinity) this.#leftSupport = true;
    else if (!(error <= DIVERGENCE)) this.#diverging = true;
    this.#acceptances += Math.min(1, Math.exp(-error));
    if (this.#leftSupport || this.#diverging) return false;
    into.logWeight = -error;
    copyPoint(z, into.chosen);
    into.rho.set(z.p);
    last.p.set(z.p);
    this.hamiltonian.metric.velocity(z.p, last.velocity);
    copyEnd(last, begin);
    return true;
  }

  /** Whether a stretch of momenta a + b still moves away at both ends. The sign of the walk's direction cancels: it turns p and ρ alike. */
  #straight(begin: End, last: End, a: Float64Array, b: Float64Array): boolean {
    let first = 0;
    let second = 0;
    for (let i = 0; i < a.length; i++) {
      const rho = (a[i] as number) + (b[i] as number);
      first += rho * (begin.velocity[i] as number);
      second += rho * (last.velocity[i] as number);
    }
    return first > 0 && second > 0;
  }
}
