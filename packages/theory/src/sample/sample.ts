/** Chains of a theory's posterior, one after another on this thread, with their summary: the whole of sampling in one call. */
import { largestOf, smallestOf, TetradError } from "@tetrad/engine";
import { quantile } from "../diagnose/ranks.js";
import { judge, type QuantitySummary, summarise, type Verdict } from "../diagnose/summary.js";
import { createLikelihood, type FunctionEngine, type TheoryData } from "../likelihood.js";
import type { Theory } from "../theory.js";
import { Chain, type ChainDraws, type ChainTarget } from "./chain.js";
import { type ChainOptions, DEEPEST } from "./options.js";
import { chainTarget, derivedDraws, type Posterior } from "./theory-target.js";

export interface SampleOptions extends ChainOptions {
  /** 4 unless told. */
  readonly chains?: number;
  /** Called about ten times a second; return false to stop. */
  readonly onProgress?: (state: { readonly chain: number; readonly done: number; readonly total: number }) => boolean | undefined;
}

export interface SampleResult {
  /** Free parameters, then derived quantities. */
  readonly names: readonly string[];
  readonly chains: readonly ChainDraws[];
  readonly summaries: readonly QuantitySummary[];
  readonly verdict: Verdict;
  /** What a reader must know before using the numbers. */
  readonly messages: readonly string[];
}

/**
 * @throws DATA for data that do not fit the theory, or when no starting point has a probability; ARGUMENT for options out of range; CANCELLED when told to stop
 */
export async function sampleTheory(
  engine: FunctionEngine,
  theory: Theory,
  data: TheoryData | undefined,
  options: SampleOptions = {},
): Promise<SampleResult> {
  const likelihood = await createLikelihood(engine, theory, data);
  try {
    return summariseChains(likelihood, sampleChains(chainTarget(likelihood), options), options.maxDepth);
  } finally {
    likelihood.close();
  }
}

/** Iterations between looks at the clock. */
const BATCH = 10;

/** Chains of any density. The same seed gives the same draws, here and in workers. Throws as `sampleTheory`. */
export function sampleChains(target: ChainTarget, options: SampleOptions = {}): ChainDraws[] {
  return Array.from({ length: options.chains ?? 4 }, (_, index) => {
    const chain = new Chain(target, options, index);
    let told = performance.now();
    while (!chain.finished) {
      chain.advance(BATCH);
      if (options.onProgress === undefined || performance.now() - told < 100) continue;
      told = performance.now();
      if (options.onProgress({ chain: index, ...chain.progress }) === false)
        throw new TetradError("CANCELLED", { op: "sample", what: "stopped before the last draw" });
    }
    return chain.result();
  });
}

/** Draws of one coordinate as chains: an ensemble's walkers count as one each. */
export function coordinate(chains: readonly ChainDraws[], k: number, index: number): Float64Array[] {
  return chains.flatMap(({ draws, rows, theta }) =>
    Array.from({ length: rows }, (_, row) => Float64Array.from({ length: draws }, (_, d) => theta[(d * rows + row) * k + index] as number)),
  );
}

/** @param maxDepth of the chains' trajectories, if they are those of NUTS */
export function summariseChains(
  posterior: Pick<Posterior, "theory" | "parameters">,
  chains: readonly ChainDraws[],
  maxDepth = DEEPEST,
): SampleResult {
  const k = posterior.parameters.length;
  const derived = chains.map(({ theta }) => derivedDraws(posterior, theta));
  const names = [...posterior.parameters, ...posterior.theory.derived].map(({ name }) => name);
  const summaries = names.map((name, i) => {
    if (i < k) return summarise(name, coordinate(chains, k, i));
    const columns = chains.map((chain, c) => ({ ...chain, theta: derived[c]?.[i - k] as Float64Array }));
    return summarise(name, coordinate(columns, 1, 0));
  });
  const { reasons } = judge(summaries);
  const all = [...reasons, ...divergenceReasons(chains)];
  return { names, chains, summaries, verdict: { converged: all.length === 0, reasons: all }, messages: messagesOf(chains, maxDepth) };
}

/** Sum of one of the figures beside the draws of all chains. */
function total(chains: readonly ChainDraws[], name: string): number {
  return chains.reduce((sum, chain) => sum + (statistic(chain, name)?.reduce((own, value) => own + value, 0) ?? 0), 0);
}

/** A few divergences are told; more than this share of trajectories means that whole corners may be missing, which r̂ cannot see. */
const DIVERGENT_SHARE = 1e-3;

function divergenceReasons(chains: readonly ChainDraws[]): string[] {
  const diverging = total(chains, "diverging");
  const draws = chains.reduce((sum, chain) => sum + chain.draws, 0);
  if (diverging <= DIVERGENT_SHARE * draws) return [];
  return [`${diverging} of ${draws} trajectories diverged, more than one in a thousand: narrow parts of the posterior are missing`];
}

/** Share of a chain's variance of energy that one momentum renews: below 0.3 it explores its energies too slowly (M. Betancourt, arXiv:1604.00695). */
export function energyFraction(energies: ArrayLike<number>): number {
  let [changes, mean] = [0, 0];
  for (let i = 0; i < energies.length; i++) mean += (energies[i] as number) / energies.length;
  let spread = 0;
  for (let i = 0; i < energies.length; i++) {
    spread += ((energies[i] as number) - mean) ** 2;
    if (i > 0) changes += ((energies[i] as number) - (energies[i - 1] as number)) ** 2;
  }
  return changes / spread;
}

/** One of the figures beside each draw [n]; undefined where this sampler has none of that name. */
export function statistic({ statisticNames, statistics, draws }: ChainDraws, name: string): Float64Array | undefined {
  const at = statisticNames.indexOf(name);
  if (at < 0) return undefined;
  return Float64Array.from({ length: draws }, (_, d) => statistics[d * statisticNames.length + at] as number);
}

/** A chain whose best draw is less probable by this much in ln p than the median of another's has not found that one's place: no volume of a peak makes up for it. */
const LESSER_PEAK = 20;

function lesserPeaks(chains: readonly ChainDraws[]): string[] {
  const medians = chains.map(({ logDensity }) => quantile(logDensity.slice().sort(), 0.5));
  const best = largestOf(medians);
  const behind = chains.flatMap(({ logDensity }, c) => {
    const gap = best - largestOf(logDensity);
    return gap > LESSER_PEAK ? [{ chain: c + 1, gap }] : [];
  });
  if (behind.length === 0) return [];
  const names = behind.map(({ chain }) => chain).join(" and ");
  const least = smallestOf(behind.map(({ gap }) => gap));
  return [
    `${behind.length === 1 ? `Chain ${names} stays` : `Chains ${names} stay`} where the posterior is lower than elsewhere by a factor of e^${Math.floor(least)} and more: on a lesser peak. Narrow the bounds to leave it out, or sample with nested, which weighs peaks.`,
  ];
}

function messagesOf(chains: readonly ChainDraws[], maxDepth: number): string[] {
  const messages = lesserPeaks(chains);
  const diverging = total(chains, "diverging");
  if (diverging > 0) {
    messages.push(
      `${diverging} ${diverging === 1 ? "trajectory" : "trajectories"} diverged: the posterior bends more sharply than the steps can follow, and its narrow parts may be missing. Raise the target acceptance, or write the theory in other parameters.`,
    );
  }
  const longest = chains.reduce(
    (sum, chain) => sum + (statistic(chain, "tree_depth")?.filter((depth) => depth >= maxDepth).length ?? 0),
    0,
  );
  if (longest > 0) {
    messages.push(
      `${longest} ${longest === 1 ? "trajectory" : "trajectories"} ended at the longest length, ${2 ** maxDepth} steps, before turning back: draws cost more than they need to. Parameters that trade against each other want a dense metric or another form of the theory.`,
    );
  }
  const undefinedCalls = chains.reduce((sum, chain) => sum + chain.undefinedCalls, 0);
  if (undefinedCalls > 0) {
    const calls = chains.reduce((sum, chain) => sum + chain.calls, 0);
    messages.push(
      `In ${undefinedCalls} of ${calls} calls the theory had no finite value or slope: such points count as impossible. Bounds that leave them out would say the same, faster.`,
    );
  }
  const slow = chains.filter((chain) => {
    const energies = statistic(chain, "energy");
    return energies !== undefined && energyFraction(energies) < 0.3;
  }).length;
  if (slow > 0) {
    messages.push(
      `In ${slow} of ${chains.length} chains energies change too slowly (E-BFMI below 0.3): the tails may not have been reached.`,
    );
  }
  return messages;
}
