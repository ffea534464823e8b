/** Options of chains with their defaults, checked once. */
import { TetradError } from "@tetrad/engine";
import type { MetricKind } from "./metric.js";

export const CHAIN_SAMPLERS = ["nuts", "hmc", "metropolis", "ensemble"] as const;
export type ChainSampler = (typeof CHAIN_SAMPLERS)[number];

/** `maxDepth` unless told. */
export const DEEPEST = 10;

export interface ChainOptions {
  /** `nuts` unless told. */
  readonly sampler?: ChainSampler;
  /** Iterations that adapt and are thrown away; 1000 unless told. */
  readonly warmup?: number;
  /** Iterations kept; 1000 unless told. */
  readonly draws?: number;
  /** Integer from 0; 0 unless told. */
  readonly seed?: number;
  /** Acceptance that step sizes are tuned for; 0.95 unless told: shorter steps than Stan's 0.8 cost less than the narrow corners that those miss. */
  readonly targetAcceptance?: number;
  /**
   * `diagonal` unless told. `dense` learns correlations, too: fewer and longer steps where a posterior is a tilted Gaussian; where it bends into a corner of
   * its bounds, those steps pass over the corner.
   */
  readonly metric?: MetricKind;
  /** NUTS: at most 2 to this power steps a trajectory; 10 unless told. */
  readonly maxDepth?: number;
  /** HMC: mean time of a trajectory in units of the posterior's standard deviations; π/2 unless told. */
  readonly time?: number;
  /** Ensemble; 4(k + 1), at least 32, unless told. */
  readonly walkers?: number;
  /** Metropolis and ensemble: steps an iteration; 10 k for Metropolis and 5 for the ensemble unless told. */
  readonly thin?: number;
}

/** @throws ARGUMENT for a value out of range */
export function settingsOf(options: ChainOptions, dim: number): Required<ChainOptions> {
  const sampler = options.sampler ?? "nuts";
  const settings = {
    sampler,
    warmup: options.warmup ?? 1000,
    draws: options.draws ?? 1000,
    seed: options.seed ?? 0,
    targetAcceptance: options.targetAcceptance ?? 0.95,
    metric: options.metric ?? "diagonal",
    maxDepth: options.maxDepth ?? DEEPEST,
    time: options.time ?? Math.PI / 2,
    walkers: options.walkers ?? Math.max(32, 4 * (dim + 1)),
    thin: options.thin ?? (sampler === "metropolis" ? 10 * dim : sampler === "ensemble" ? 5 : 1),
  };
  const whole = (name: "warmup" | "draws" | "seed" | "maxDepth" | "walkers" | "thin", least: number, most: number): void => {
    const value = settings[name];
    if (Number.isInteger(value) && value >= least && value <= most) return;
    refuse(name, value, `a whole number from ${least} to ${most}`);
  };
  whole("warmup", 0, 2 ** 31);
  whole("draws", 4, 2 ** 31);
  whole("seed", 0, Number.MAX_SAFE_INTEGER);
  whole("maxDepth", 1, 20);
  whole("walkers", 4, 2 ** 20);
  whole("thin", 1, 2 ** 16 - 1);
  const { targetAcceptance, time } = settings;
  if (!(targetAcceptance > 0 && targetAcceptance < 1)) refuse("targetAcceptance", targetAcceptance, "a number between 0 and 1");
  if (!(time > 0 && time < Infinity)) refuse("time", time, "a number above 0");
  if (!CHAIN_SAMPLERS.includes(sampler)) refuse("sampler", sampler, CHAIN_SAMPLERS.join(", "));
  return settings;
}

function refuse(name: string, got: unknown, expected: string): never {
  throw new TetradError("ARGUMENT", { op: "sample", what: `${name} out of range`, got: `${got}`, expected });
}
