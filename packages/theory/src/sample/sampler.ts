/** What a chain needs of a sampler, whichever it is. */

/** Plain JSON: numbers survive it to the last bit. */
export type SamplerState = Readonly<Record<string, unknown>>;

export interface Sampler {
  /** Names of the figures that belong to each draw, in `statistics`' order. */
  readonly statisticNames: readonly string[];
  /** Of the latest iteration. */
  readonly statistics: Float64Array;
  /** Points that each iteration yields: 1, or the walkers of an ensemble. */
  readonly rows: number;
  /** Position [k] of a row, valid until the next iteration. */
  position(row: number): Float64Array;
  logDensity(row: number): number;
  /** One iteration; the chain's random numbers stand at its beginning. */
  iterate(iteration: number): void;
  /** Everything that the next iterations depend on. */
  state(): SamplerState;
}
