/** The Euclidean metric of Hamiltonian samplers: kinetic energy ½ pᵀ Σ p with Σ an estimate of the posterior's covariance, diagonal or dense. */
import { cholesky, type Matrix, solveLowerTransposed, type Vector } from "../minimise/dense.js";

export type MetricKind = "diagonal" | "dense";

export class Metric {
  readonly #root: Vector | Matrix;

  /** @param inverse the inverse mass matrix Σ: its diagonal [k], or all of it [k, k], symmetric and positive definite */
  constructor(
    readonly kind: MetricKind,
    readonly dim: number,
    readonly inverse: Float64Array,
  ) {
    // A Σ that lost its positive definiteness to rounding would sample from nothing; the regularised estimates never do.
    this.#root = kind === "diagonal" ? inverse.map(Math.sqrt) : (cholesky(inverse, dim).lower as Matrix);
  }

  static unit(kind: MetricKind, dim: number): Metric {
    if (kind === "diagonal") return new Metric(kind, dim, new Float64Array(dim).fill(1));
    return new Metric(
      kind,
      dim,
      Float64Array.from({ length: dim * dim }, (_, e) => (e % (dim + 1) === 0 ? 1 : 0)),
    );
  }

  /** Σ p into `out`. */
  velocity(p: Float64Array, out: Float64Array): void {
    const { dim, inverse } = this;
    if (this.kind === "diagonal") {
      for (let i = 0; i < dim; i++) out[i] = (inverse[i] as number) * (p[i] as number);
      return;
    }
    for (let i = 0; i < dim; i++) {
      let sum = 0;
      for (let j = 0; j < dim; j++) sum += (inverse[i * dim + j] as number) * (p[j] as number);
      out[i] = sum;
    }
  }

  /** Standard normal numbers in `p` become a momentum of covariance Σ⁻¹, in place. */
  momentum(p: Float64Array): void {
    if (this.kind === "dense") p.set(solveLowerTransposed(this.#root, p, this.dim));
    else for (let i = 0; i < this.dim; i++) p[i] = (p[i] as number) / (this.#root[i] as number);
  }
}
