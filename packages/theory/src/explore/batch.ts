/** Likelihood and derived quantities of a theory at many points by one plan: a scan's points are an axis of the arrays, not calls. */

import { broadcastTo, neg, reshape, slice, type Tensor, TetradError, vmap } from "@tetrad/engine";
import { refuseConstraints } from "../constraints.js";
import { toGraph } from "../expression/graph.js";
import { integralDepth } from "../expression/tree.js";
import { type CompiledFunction, type FunctionEngine, type Observed, observeAll, type TheoryData } from "../likelihood.js";
import { entries, minusLogPosterior } from "../likelihood-graph.js";
import { freeParameters, type Parameter, parameterValues, type Theory } from "../theory.js";

/**
 * Numbers in a block's arrays of one value a datum. Launches cost more than caches up to here: 31 to 1048 data on two threads took 27 to 55 µs a
 * point in blocks of 16, and 0.5 to 17 in these. Blocks of 256 points of 1048 data no longer fit a core's cache, and cost a third more than of 128.
 */
const BLOCK_NUMBERS = 65_536;
const SMALLEST_BLOCK = 128;
const LARGEST_BLOCK = 2048;
/** Integrals within integrals hold this many values more for each datum, so that their blocks are smaller or memory would not do. */
const NESTED_VALUES = 32;
const SMALLEST_NESTED_BLOCK = 16;

function blockFor(observed: readonly Observed[]): number {
  const widths = observed.map(({ set, observations }) => observations.n * NESTED_VALUES ** Math.max(0, integralDepth(set.model) - 1));
  const widest = widths.reduce((most, width) => Math.max(most, width), 1);
  const nested = observed.some(({ set }) => integralDepth(set.model) > 1);
  return Math.min(LARGEST_BLOCK, Math.max(nested ? SMALLEST_NESTED_BLOCK : SMALLEST_BLOCK, Math.floor(BLOCK_NUMBERS / widest)));
}

export interface BatchResult {
  /** ln of the likelihood at each point [m], without priors; NaN or −Infinity where the theory has none. */
  readonly logLikelihood: Float64Array;
  /** The theory's derived quantities, in its order [derived][m]. */
  readonly derived: readonly Float64Array[];
}

/** A theory with its data, compiled for blocks of points. */
export class PointBatch {
  readonly parameters: readonly Parameter[];

  constructor(
    readonly theory: Theory,
    /** Number of data. */
    readonly n: number,
    /** Points a call. */
    readonly block: number,
    private readonly compiled: CompiledFunction,
  ) {
    this.parameters = freeParameters(theory);
  }

  /**
   * @param theta free parameters of m points, row-major [m, k]
   * @throws SHAPE where θ holds no whole number of points
   */
  evaluate(theta: Float64Array): BatchResult {
    const k = this.parameters.length;
    const m = theta.length / k;
    if (!Number.isInteger(m))
      throw new TetradError("SHAPE", {
        op: "PointBatch",
        what: "not a whole number of points",
        got: `${theta.length} values`,
        expected: `a multiple of ${k}`,
      });
    const logLikelihood = new Float64Array(m);
    const derived = this.theory.derived.map(() => new Float64Array(m));
    const feed = new Float64Array(this.block * k);
    for (let first = 0; first < m; first += this.block) {
      const count = Math.min(this.block, m - first);
      feed.set(theta.subarray(first * k, (first + count) * k));
      // The last block is filled up with its own last point, so that nothing undefined is computed.
      for (let row = count; row < this.block; row++) feed.copyWithin(row * k, (count - 1) * k, count * k);
      const outputs = this.compiled.callSync({ theta: feed });
      copy(outputs["value"] as ArrayLike<number>, logLikelihood, first, count);
      derived.forEach((values, d) => {
        copy(outputs[`derived${d}`] as ArrayLike<number>, values, first, count);
      });
    }
    return { logLikelihood, derived };
  }

  close(): void {
    this.compiled.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function copy(from: ArrayLike<number>, to: Float64Array, first: number, count: number): void {
  for (let i = 0; i < count; i++) to[first + i] = from[i] as number;
}

/**
 * @param options.block points a call; chosen for the cache unless told
 * @throws as `createLikelihood`
 */
export async function createBatch(
  engine: FunctionEngine,
  theory: Theory,
  data?: TheoryData,
  options: { readonly block?: number } = {},
): Promise<PointBatch> {
  const parameters = freeParameters(theory);
  const k = parameters.length;
  if (k === 0)
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: "no parameter is free",
      at: theory.at,
      hint: "remove fixed: true from one of them",
    });
  refuseConstraints(theory, "createBatch", "narrow the ranges instead");
  const observed = observeAll(theory, data);
  const n = observed.reduce((sum, { observations }) => sum + observations.n, 0);
  const block = options.block ?? blockFor(observed);
  // Priors are left out by taking them as flat: what a scan maps is the likelihood.
  const flat: Theory = { ...theory, parameters: theory.parameters.map((one) => ({ ...one, prior: { kind: "flat" } })) };
  const compiled = await engine.compileFunction(
    ({ theta }) => {
      const all = theta as Tensor;
      const symbols: Record<string, Tensor | number> = parameterValues(theory);
      for (const [i, { name }] of parameters.entries()) symbols[name] = reshape(slice(all, [0, i], [block, i + 1]), [block]);
      return {
        value: neg(vmap((point: Tensor) => minusLogPosterior(flat, observed, entries(point)))(all)),
        ...Object.fromEntries(
          theory.derived.map(({ expression }, d) => [`derived${d}`, broadcastTo(toGraph(expression, symbols), [block])]),
        ),
      };
    },
    { theta: { shape: [block, k], dtype: "f64" } },
  );
  return new PointBatch(theory, n, block, compiled);
}
