/** Points in phase space, their energy, and leapfrog steps between them (R. M. Neal, "MCMC using Hamiltonian dynamics", 2011, 2.3). */
import type { LogDensity } from "./log-density.js";
import type { Metric } from "./metric.js";

export interface Point {
  readonly q: Float64Array;
  readonly p: Float64Array;
  /** ∂ ln density/∂q. */
  readonly gradient: Float64Array;
  logDensity: number;
}

export function point(dim: number): Point {
  return { q: new Float64Array(dim), p: new Float64Array(dim), gradient: new Float64Array(dim), logDensity: Number.NaN };
}

export function copyPoint(from: Point, to: Point): void {
  to.q.set(from.q);
  to.p.set(from.p);
  to.gradient.set(from.gradient);
  to.logDensity = from.logDensity;
}

export class Hamiltonian {
  readonly #velocity: Float64Array;

  constructor(
    readonly target: LogDensity,
    public metric: Metric,
  ) {
    this.#velocity = new Float64Array(target.dim);
  }

  /** ½ pᵀ Σ p − ln density; Infinity where the density is zero. */
  energy(z: Point): number {
    this.metric.velocity(z.p, this.#velocity);
    let twice = 0;
    for (let i = 0; i < z.p.length; i++) twice += (z.p[i] as number) * (this.#velocity[i] as number);
    const energy = twice / 2 - z.logDensity;
    return Number.isNaN(energy) ? Infinity : energy;
  }

  /** One step of time `epsilon`, in place. Where the density is zero, the gradient says nothing and the momentum stays. */
  leapfrog(z: Point, epsilon: number): void {
    const { q, p, gradient } = z;
    const dim = q.length;
    for (let i = 0; i < dim; i++) p[i] = (p[i] as number) + (epsilon / 2) * (gradient[i] as number);
    this.metric.velocity(p, this.#velocity);
    for (let i = 0; i < dim; i++) q[i] = (q[i] as number) + epsilon * (this.#velocity[i] as number);
    z.logDensity = this.target.logDensity(q, gradient);
    if (z.logDensity === -Infinity) return;
    for (let i = 0; i < dim; i++) p[i] = (p[i] as number) + (epsilon / 2) * (gradient[i] as number);
  }
}
