/**
 * Bounded parameters as unbounded coordinates, so that samplers know no walls: an interval by the normal distribution function, under which a flat density becomes a
 * normal one (the logistic function leaves long exponential tails, in which chains stay), a half line by the exponential, each with the logarithm of its
 * Jacobian, ln |dθ/du|, added to the density (Stan Reference Manual, "Constraint Transforms").
 */
import { TetradError } from "@tetrad/engine";
import { normalCumulative, normalQuantile } from "../diagnose/normal.js";
import type { LogDensity } from "./log-density.js";

const LOG_ROOT_TWO_PI = Math.log(2 * Math.PI) / 2;

export interface Support {
  /** −Infinity where there is none. */
  readonly lower: number;
  /** Infinity where there is none. */
  readonly upper: number;
  /** Where u = 0 lies without bounds on both sides; 0 unless told. */
  readonly centre?: number;
  /** θ per unit of u there, > 0; 1 unless told. Units must not decide how well a chain moves. */
  readonly scale?: number;
}

type Kind = "interval" | "above" | "below" | "line";

interface Axis {
  readonly kind: Kind;
  readonly lower: number;
  readonly upper: number;
  readonly centre: number;
  readonly scale: number;
}

export class Transform {
  readonly #axes: readonly Axis[];
  readonly dim: number;

  /** @throws ARGUMENT for an empty interval */
  constructor(supports: readonly Support[]) {
    this.#axes = supports.map(({ lower, upper, centre = 0, scale = 1 }, i) => {
      if (!(lower < upper) || !(scale > 0)) {
        throw new TetradError("ARGUMENT", {
          op: "sample",
          what: `the support of parameter ${i} is no interval`,
          got: `[${lower}, ${upper}], scale ${scale}`,
          expected: "lower < upper and scale > 0",
        });
      }
      const kind = lower > -Infinity ? (upper < Infinity ? "interval" : "above") : upper < Infinity ? "below" : "line";
      // A half line's unit is its distance to the centre, where one lies inside.
      const reach = kind === "above" ? centre - lower : upper - centre;
      return { kind, lower, upper, centre, scale: kind !== "line" && reach > 0 && Number.isFinite(reach) ? reach : scale };
    });
    this.dim = supports.length;
  }

  /** θ(u) into `theta`, and ln |dθ/du|. */
  constrain(u: ArrayLike<number>, theta: Float64Array): number {
    let logJacobian = 0;
    for (let i = 0; i < this.dim; i++) {
      const { kind, lower, upper, centre, scale } = this.#axes[i] as Axis;
      const at = u[i] as number;
      if (kind === "interval") {
        const small = normalCumulative(-Math.abs(at)); // the share of the nearer end
        theta[i] = at > 0 ? upper - (upper - lower) * small : lower + (upper - lower) * small;
        logJacobian += Math.log(upper - lower) - (at * at) / 2 - LOG_ROOT_TWO_PI;
      } else if (kind === "line") {
        theta[i] = centre + scale * at;
        logJacobian += Math.log(scale);
      } else {
        const reach = scale * Math.exp(at);
        theta[i] = kind === "above" ? lower + reach : upper - reach;
        logJacobian += at + Math.log(scale);
      }
    }
    return logJacobian;
  }

  /** u(θ) into `u`; points on a bound are moved inside by 1e-6 of the interval, since the bound itself lies at infinity. */
  unconstrain(theta: ArrayLike<number>, u: Float64Array): void {
    for (let i = 0; i < this.dim; i++) {
      const { kind, lower, upper, centre, scale } = this.#axes[i] as Axis;
      const at = theta[i] as number;
      if (kind === "interval") {
        const share = Math.min(Math.max((at - lower) / (upper - lower), 1e-6), 1 - 1e-6);
        u[i] = normalQuantile(share);
      } else if (kind === "line") {
        u[i] = (at - centre) / scale;
      } else {
        u[i] = Math.log(Math.max((kind === "above" ? at - lower : upper - at) / scale, 1e-6));
      }
    }
  }

  /** dθ/du and d ln |dθ/du|/du turn a gradient by θ into one by u, in place. */
  pullBack(u: ArrayLike<number>, gradient: Float64Array): void {
    for (let i = 0; i < this.dim; i++) {
      const { kind, lower, upper, scale } = this.#axes[i] as Axis;
      const at = u[i] as number;
      const slope = gradient[i] as number;
      if (kind === "interval") {
        gradient[i] = slope * (upper - lower) * Math.exp(-(at * at) / 2 - LOG_ROOT_TWO_PI) - at;
      } else if (kind === "line") {
        gradient[i] = slope * scale;
      } else {
        gradient[i] = (kind === "above" ? slope : -slope) * scale * Math.exp(at) + 1;
      }
    }
  }

  /** The density of u whose θ(u) has the density `target`. */
  unbounded(target: LogDensity): LogDensity {
    const theta = new Float64Array(this.dim);
    return {
      dim: this.dim,
      logDensity: (u, gradient) => {
        const logJacobian = this.constrain(u, theta);
        const value = target.logDensity(theta, gradient) + logJacobian;
        if (gradient !== undefined) this.pullBack(u, gradient);
        return value;
      },
    };
  }
}
