/**
 * Random numbers of one chain, counter-based: a number depends on seed, chain, iteration and its place in that iteration alone. So chains draw
 * the same numbers on any worker, and a resumed chain needs no state of a generator.
 */
import { fillNormal, uniformAt } from "@tetrad/engine";

/** Vectors of normal numbers that one iteration may draw. */
const VECTORS = 2 ** 16;

export class ChainRandom {
  #iteration = 0;
  #uniforms = 0;
  #vectors = 0;

  /**
   * @param seed integer, 0 … 2^53 − 1
   * @param chain integer, 0 … 2^31 − 1
   */
  constructor(
    readonly seed: number,
    readonly chain: number,
  ) {}

  /** The numbers from here on are those of this iteration, from its first; below 2^37. */
  begin(iteration: number): void {
    this.#iteration = iteration;
    this.#uniforms = 0;
    this.#vectors = 0;
  }

  /** In [0, 1), 53 bits. */
  uniform(): number {
    return uniformAt(this.seed, 2 * this.chain, this.#iteration, this.#uniforms++, "f64");
  }

  /** An integer in 0 … n − 1. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Independent standard normal numbers into all of `target`. */
  normals(target: Float64Array): void {
    fillNormal(target, { seed: this.seed, stream: 2 * this.chain + 1, step: this.#iteration * VECTORS + this.#vectors++ });
  }
}
