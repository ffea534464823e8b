/** Mean and covariance of draws as they come (B. P. Welford, Technometrics 4 (1962) 419), shrunk towards a small multiple of 1 as Stan does. */
import type { MetricKind } from "./metric.js";

export interface MomentsState {
  readonly count: number;
  readonly mean: readonly number[];
  readonly products: readonly number[];
}

export class Moments {
  #count = 0;
  readonly #mean: Float64Array;
  /** Sums of products of deviations: [k], or [k, k]. */
  readonly #products: Float64Array;
  readonly #before: Float64Array;

  constructor(
    readonly kind: MetricKind,
    readonly dim: number,
    state?: MomentsState,
  ) {
    this.#mean = Float64Array.from(state?.mean ?? new Float64Array(dim));
    this.#products = Float64Array.from(state?.products ?? new Float64Array(kind === "dense" ? dim * dim : dim));
    this.#count = state?.count ?? 0;
    this.#before = new Float64Array(dim);
  }

  get count(): number {
    return this.#count;
  }

  add(x: Float64Array): void {
    const { dim } = this;
    this.#count++;
    for (let i = 0; i < dim; i++) {
      this.#before[i] = (x[i] as number) - (this.#mean[i] as number);
      this.#mean[i] = (this.#mean[i] as number) + (this.#before[i] as number) / this.#count;
    }
    for (let i = 0; i < dim; i++) {
      const after = (x[i] as number) - (this.#mean[i] as number);
      if (this.kind === "diagonal") this.#products[i] = (this.#products[i] as number) + after * (this.#before[i] as number);
      // Symmetric to the bit: before and after differ by one factor, (n − 1)/n.
      else for (let j = 0; j <= i; j++) this.#addPair(i, j, after * (this.#before[j] as number));
    }
  }

  #addPair(i: number, j: number, product: number): void {
    const sum = (this.#products[i * this.dim + j] as number) + product;
    this.#products[i * this.dim + j] = sum;
    this.#products[j * this.dim + i] = sum;
  }

  /** Σ(x − x̄)(x − x̄)ᵀ/(n − 1). */
  covariance(): Float64Array {
    return this.#products.map((sum) => sum / (this.#count - 1));
  }

  /** The estimate n/(n + 5) · S + 10⁻³ · 5/(n + 5) · 1 (Stan Reference Manual, "HMC Algorithm Parameters"); needs two draws. */
  regularised(): Float64Array {
    const n = this.#count;
    return this.#products.map((sum, e) => {
      const diagonal = this.kind === "diagonal" || e % (this.dim + 1) === 0;
      return (n / (n + 5)) * (sum / (n - 1)) + (diagonal ? 1e-3 * (5 / (n + 5)) : 0);
    });
  }

  clear(): void {
    this.#count = 0;
    this.#mean.fill(0);
    this.#products.fill(0);
  }

  state(): MomentsState {
    return { count: this.#count, mean: Array.from(this.#mean), products: Array.from(this.#products) };
  }
}
