/** The work of `tetrad sample`: jobs on workers, then tables, verdict, chain files and a report. */
import { existsSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, extname, join } from "node:path";
import { TetradError, writeFileAtomic } from "@tetrad/engine";
import {
  type ChainDraws,
  type ChainOptions,
  chainTable,
  type DrawTable,
  freeParameters,
  type QuantitySummary,
  SUMMARY_QUANTILES,
  summariseChains,
  type Theory,
  type Verdict,
} from "@tetrad/theory";
import type { Context } from "../context.js";
import { interruptible } from "../interrupt.js";
import { duration } from "../progress.js";
import { page } from "../report/page.js";
import { writePlots } from "../report/plots.js";
import { sampleSections } from "../report/sample-sections.js";
import { sampleText } from "../sample-text.js";
import { writeGetDist, writeParquet } from "../sampling/chain-files.js";
import type { JobResult } from "../sampling/messages.js";
import { type Inputs, isChainSampler, readTheoryAndData, type SamplerName, type SamplingPlan } from "../sampling/plan.js";
import { runJobs } from "../sampling/pool.js";
import { approximationTable, equalDraws, nestedTable, summaries } from "../sampling/table.js";
import { discardRun, openJobs, removeUnfinished, unfinishedFolder } from "../sampling/unfinished.js";
import { AlreadyTold } from "../terminal.js";

export interface SampleCommandOptions {
  readonly sampler: SamplerName;
  readonly chains: number;
  readonly warmup: number;
  readonly draws: number;
  readonly seed: number;
  readonly workers?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly report?: string;
  readonly plots?: string;
  readonly data: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly model?: string;
  readonly targetAcceptance?: number;
  readonly metric?: "diagonal" | "dense";
  readonly maxDepth?: number;
  readonly time?: number;
  readonly walkers?: number;
  readonly thin?: number;
  readonly live?: number;
  readonly steps?: number;
  readonly backend?: string;
  readonly family: "mean-field" | "full-rank" | "flow";
}

/** Everything that is said about a finished run, in words or as JSON. */
export interface Sampled {
  readonly theory: Theory;
  readonly plan: SamplingPlan;
  /** Every point, as the chain files have it. */
  readonly table: DrawTable;
  /** Points of equal weight, for charts. */
  readonly equal: DrawTable;
  readonly summaries: readonly QuantitySummary[];
  readonly verdict: Verdict;
  readonly messages: readonly string[];
  readonly evidence: { readonly logEvidence: number; readonly error: number; readonly information: number | null } | null;
  readonly calls: number;
  readonly undefinedCalls: number;
  readonly divergences: number | null;
  /** With reading, compiling and starting workers. */
  readonly seconds: number;
  /** Of each chain's iterations alone. */
  readonly chainSeconds: readonly number[];
}

export async function sampleAction(
  { terminal }: Context,
  theoryPath: string,
  dataPath: string | undefined,
  options: SampleCommandOptions,
): Promise<void> {
  const inputs: Inputs = {
    theory: theoryPath,
    model: options.model ?? null,
    data: dataPath ?? null,
    named: options.data,
    folder: options.folder ?? null,
  };
  const { theory, rows, source, sha256 } = await readTheoryAndData(inputs);
  const plan = planOf(inputs, options, sha256);
  const out = options.out ?? `${basename(theoryPath, extname(theoryPath))}-chains`;
  const chains = isChainSampler(plan.sampler);
  const jobs = await openJobs(out, plan, chains ? plan.chains : 1, options.resume ?? false);
  const workers = Math.min(options.workers ?? availableParallelism(), jobs.length);
  const progress = terminal.progress(chains ? `${jobs.length} chains` : plan.sampler);
  const begin = performance.now();
  const results = await interruptible(async (signal) => {
    const shares = jobs.map(() => 0);
    const done = await runJobs(jobs, {
      workers,
      data: { plan, folder: unfinishedFolder(out), backend: options.backend === "reference" ? "reference" : "wasm" },
      signal,
      onProgress: (index, at, total, phase) => {
        if (total === 0) {
          progress.update(0, `${at} points have died, ${phase}`);
          return;
        }
        shares[index] = at / total;
        const whole = shares.reduce((sum, value) => sum + value, 0) / shares.length;
        const left = ((performance.now() - begin) / 1000) * (1 / Math.max(whole, 1e-3) - 1);
        progress.update(whole, `chain ${index + 1}: ${phase} ${at}/${total}, ${duration(left)} left`);
      },
    }).finally(() => progress.end());
    return done;
  }).catch((error: unknown) => {
    // Bad input is found before the first draw: what could be resumed is only the same mistake.
    if (!options.resume && error instanceof TetradError && ["DATA", "ARGUMENT"].includes(error.code)) discardRun(out);
    throw error;
  });
  const finished = results.filter((result): result is JobResult => result !== undefined);
  if (finished.length < jobs.length) {
    throw new TetradError("CANCELLED", {
      op: "sample",
      what: `stopped with ${finished.length} of ${jobs.length} ${chains ? "chains" : "runs"} done; their states are kept in ${out}`,
      hint: "go on with the same command and --resume",
    });
  }
  const sampled = sampledOf(theory, plan, finished, (performance.now() - begin) / 1000);
  const files = await writeFiles(out, sampled, options.report ?? join(out, "report.html"), options.plots, source, rows);
  removeUnfinished(out);
  terminal.result(sampleText(sampled, out, terminal.colors), factsOf(sampled, out, files));
  if (!sampled.verdict.converged) throw new AlreadyTold("not converged", 3);
}

function planOf(inputs: Inputs, options: SampleCommandOptions, sha256: string): SamplingPlan {
  const { sampler, chains, warmup, draws, seed, targetAcceptance, metric, maxDepth, time, walkers, thin, live, steps, family } = options;
  const given: ChainOptions = {
    warmup,
    draws,
    seed,
    ...(targetAcceptance !== undefined && { targetAcceptance }),
    ...(metric !== undefined && { metric }),
    ...(maxDepth !== undefined && { maxDepth }),
    ...(time !== undefined && { time }),
    ...(walkers !== undefined && { walkers }),
    ...(thin !== undefined && { thin }),
  };
  const nested = { ...(live !== undefined && { live }), ...(steps !== undefined && { steps }) };
  return { ...inputs, sampler, chains, options: given, nested, family, sha256 };
}

function sampledOf(theory: Theory, plan: SamplingPlan, results: readonly JobResult[], seconds: number): Sampled {
  const [first] = results as [JobResult, ...JobResult[]];
  const seed = plan.options.seed ?? 0;
  if (first.kind === "chain") {
    const chains = results.map((result) => (result as { draws: ChainDraws }).draws);
    const table = chainTable(theory, chains);
    const {
      summaries: told,
      verdict,
      messages,
    } = summariseChains({ theory, parameters: freeParameters(theory) }, chains, plan.options.maxDepth);
    const sum = (of: (chain: ChainDraws) => number): number => chains.reduce((total, chain) => total + of(chain), 0);
    const diverging = table.statistics.find(({ name }) => name === "diverging");
    return {
      ...{ theory, plan, table, equal: table, summaries: told, verdict, messages, evidence: null, seconds },
      chainSeconds: chains.map(({ seconds: own }) => own.warmup + own.draws),
      calls: sum(({ calls }) => calls),
      undefinedCalls: sum(({ undefinedCalls }) => undefinedCalls),
      divergences: diverging === undefined ? null : diverging.values.reduce((total, value) => total + value, 0),
    };
  }
  if (first.kind === "nested") {
    const { nested } = first;
    const table = nestedTable(theory, nested);
    const equal = equalDraws(table, nested.effectiveSize, seed);
    return {
      ...{ theory, plan, table, equal, seconds, calls: nested.calls, undefinedCalls: nested.undefinedCalls, divergences: null },
      chainSeconds: [],
      summaries: summaries(equal, nested.effectiveSize),
      verdict: { converged: true, reasons: [] },
      messages: [],
      evidence: { logEvidence: nested.logEvidence, error: nested.logEvidenceError, information: nested.information },
    };
  }
  const { approximation } = first;
  const table = approximationTable(theory, approximation);
  const share = `${(100 * approximation.overlap).toFixed(0)} %`;
  return {
    ...{ theory, plan, table, equal: table, seconds, divergences: null, chainSeconds: [] },
    calls: approximation.calls,
    undefinedCalls: approximation.undefinedCalls,
    summaries: summaries(table, table.logDensity.length),
    verdict: {
      converged: approximation.converged && approximation.overlap >= 0.1,
      reasons: [
        ...(approximation.converged ? [] : ["the optimisation has not ended at an optimum"]),
        ...(approximation.overlap >= 0.1 ? [] : [`the approximation overlaps the posterior by ${share} only`]),
      ],
    },
    messages: [`The approximation's draws are worth ${share} of as many from the posterior, by their importance weights.`],
    evidence: Number.isFinite(approximation.logEvidence)
      ? { logEvidence: approximation.logEvidence, error: approximation.logEvidenceError, information: null }
      : null,
  };
}

async function writeFiles(
  out: string,
  sampled: Sampled,
  report: string,
  plots: string | undefined,
  data: string,
  rows: number,
): Promise<string[]> {
  const { theory, table } = sampled;
  if (!existsSync(out)) mkdirSync(out, { recursive: true });
  await writeParquet(join(out, "draws.parquet"), table);
  const texts = await writeGetDist(out, theory.name.replaceAll(/[^\w.-]+/g, "-"), theory, table);
  const lead = `${theory.title}: what the ${rows} data of ${data} say of its parameters.`;
  const sections = sampleSections(sampled);
  await writeFileAtomic(report, page(`Posterior of ${theory.title}`, lead, sections));
  const files = [
    ...["draws.parquet", ...texts, "summary.json"].map((name) => join(out, name)),
    report,
    ...(await writePlots(plots, sections)),
  ];
  await writeFileAtomic(join(out, "summary.json"), `${JSON.stringify(factsOf(sampled, out, files), null, 2)}\n`);
  return files;
}

function factsOf(sampled: Sampled, out: string, files: readonly string[]) {
  const { theory, plan, summaries: told, verdict, messages, evidence, calls, undefinedCalls, divergences, seconds, chainSeconds } = sampled;
  return {
    ...plan,
    name: theory.name,
    parameters: told,
    quantileProbabilities: SUMMARY_QUANTILES,
    verdict: verdict.converged ? "converged" : "not converged",
    reasons: verdict.reasons,
    messages,
    evidence,
    calls,
    undefinedCalls,
    divergences,
    seconds,
    chainSeconds,
    out,
    files,
  };
}
