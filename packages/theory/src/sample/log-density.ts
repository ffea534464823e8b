/** What samplers sample: a log density with gradient, a plain interface that a compiled theory satisfies, and so does a formula in tests. */

/** ln p(x) up to a constant. −Infinity and NaN both mean probability zero: a theory without a value there explains nothing. */
export interface LogDensity {
  /** Number of parameters, k. */
  readonly dim: number;
  /**
   * @param x [k], not kept
   * @param gradient [k], overwritten with ∂ ln p/∂x where given
   */
  logDensity(x: Float64Array, gradient?: Float64Array): number;
}

/** Counts calls, and makes every value or gradient that is not finite a zero probability that is counted too. */
export class CountedDensity implements LogDensity {
  readonly dim: number;
  calls = 0;
  /** Calls outside the region where density and gradient are finite. */
  undefinedCalls = 0;

  constructor(private readonly target: LogDensity) {
    this.dim = target.dim;
  }

  logDensity(x: Float64Array, gradient?: Float64Array): number {
    this.calls++;
    const value = this.target.logDensity(x, gradient);
    let finite = Number.isFinite(value);
    if (finite && gradient !== undefined) for (let i = 0; i < gradient.length; i++) finite &&= Number.isFinite(gradient[i]);
    if (finite) return value;
    this.undefinedCalls++;
    return -Infinity;
  }
}
