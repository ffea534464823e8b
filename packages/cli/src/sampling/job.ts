/** One job of a run on the thread that calls it: in slices, with its state kept every few seconds, stopped between two slices. */
import { TetradError } from "@tetrad/engine";
import {
  Chain,
  type ChainState,
  chainTarget,
  type Likelihood,
  laplace,
  logPriorVolume,
  NestedSampler,
  nestedTarget,
  type SamplerState,
  variational,
} from "@tetrad/theory";
import type { Job, JobResult } from "./messages.js";
import { isChainSampler, type SamplingPlan } from "./plan.js";

export interface JobWatch {
  progress(done: number, total: number, phase: string): void;
  keep(state: ChainState | SamplerState): Promise<void>;
  readonly stopped: () => boolean;
}

/** Short enough for a smooth bar and a quick stop, long enough that looking around costs nothing. */
const SLICE_MS = 50;
/** A first state is kept early, others this often, and never more than a tenth of the time is spent on it. */
const FIRST_KEEP_MS = 200;
const KEEP_MS = 2000;

/** @returns undefined when it was stopped; its state is then kept */
export async function runJob(
  likelihood: Likelihood,
  plan: SamplingPlan,
  { index, state }: Job,
  watch: JobWatch,
): Promise<JobResult | undefined> {
  if (isChainSampler(plan.sampler)) {
    const options = { ...plan.options, sampler: plan.sampler };
    const chain = new Chain(chainTarget(likelihood), options, index, (state as ChainState | null) ?? undefined);
    const ended = await inSlices(chain, watch, () => {
      const { done, total, warmup } = chain.progress;
      watch.progress(done, total, done < warmup ? "warm-up" : "sampling");
    });
    return ended ? { kind: "chain", draws: chain.result() } : undefined;
  }
  if (plan.sampler === "nested") {
    const seed = plan.options.seed ?? 0;
    const nested = new NestedSampler(nestedTarget(likelihood), { ...plan.nested, seed }, (state as SamplerState | null) ?? undefined);
    const ended = await inSlices(nested, watch, () => {
      const { dead, logEvidence } = nested.progress;
      watch.progress(dead, 0, `ln Z = ${logEvidence.toFixed(2)}`);
    });
    return ended ? { kind: "nested", nested: nested.result() } : undefined;
  }
  const { draws, seed } = plan.options;
  const options = {
    ...(draws !== undefined && { draws: draws * plan.chains }),
    ...(seed !== undefined && { seed }),
    start: likelihood.start,
  };
  const target = chainTarget(likelihood);
  const volume = evidenceVolume(likelihood);
  if (plan.sampler === "laplace") {
    const found = laplace(target, options);
    return {
      kind: "approximation",
      approximation: { ...found, logEvidence: found.logEvidence - volume },
      bound: found.laplaceEvidence - volume,
    };
  }
  const found = variational(target, { ...options, family: plan.family });
  return { kind: "approximation", approximation: { ...found, logEvidence: found.logEvidence - volume }, bound: found.elbo - volume };
}

/** NaN where a flat prior without bounds leaves no evidence: the draws are good without it. */
function evidenceVolume(likelihood: Likelihood): number {
  try {
    return logPriorVolume(likelihood);
  } catch (error) {
    if (error instanceof TetradError && error.code === "ARGUMENT") return Number.NaN;
    throw error;
  }
}

interface Sliced {
  readonly finished: boolean;
  advance(iterations: number): void;
  state(): ChainState | SamplerState;
}

async function inSlices(run: Sliced, watch: JobWatch, tell: () => void): Promise<boolean> {
  let iterations = 1;
  let keepAt = performance.now() + FIRST_KEEP_MS;
  while (!run.finished) {
    const begin = performance.now();
    run.advance(iterations);
    const took = performance.now() - begin;
    iterations = Math.max(1, Math.round(iterations * Math.min(4, Math.max(0.25, SLICE_MS / Math.max(took, 0.01)))));
    tell();
    await new Promise((resolve) => setImmediate(resolve)); // lets a word to stop come in
    const stop = watch.stopped();
    if (!stop && performance.now() < keepAt && !run.finished) continue;
    const before = performance.now();
    await watch.keep(run.state());
    const after = performance.now();
    keepAt = after + Math.max(KEEP_MS, 10 * (after - before));
    if (stop && !run.finished) return false;
  }
  return true;
}
