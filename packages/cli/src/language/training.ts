/** What fine-tuning does, prints and counts whatever the task. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type Engine, TetradError } from "@tetrad/engine";
import type { LanguageModel, TrainerCallback, TrainingOptions, TrainingRun } from "@tetrad/language";
import type { Context } from "../context.js";
import { interruptible } from "../interrupt.js";
import { duration, type Progress } from "../progress.js";
import type { Terminal } from "../terminal.js";
import type { AdapterFlags } from "./adapters.js";
import { type CardFacts, modelCard } from "./card.js";
import { type Checkpoints, openCheckpoints, runFolder, saveStrategyOf } from "./checkpoints.js";
import { findModel, type ModelPlace } from "./find-model.js";
import { hubModelIn } from "./hub-name.js";
import { licenceOf } from "./licence.js";
import { recipeOf } from "./recipe.js";
import { reportsOf } from "./reports.js";
import { ARGUMENTS } from "./training-arguments.js";

/** Options of every task; those of TrainingOptions under the same names. */
export interface TrainingFlags extends Omit<TrainingOptions, "resume" | "onSave" | "onProgress" | "signal" | "callbacks"> {
  readonly model: string;
  readonly train: string;
  readonly test?: string;
  readonly testShare: number;
  readonly validation?: string;
  readonly validationShare: number;
  readonly out: string;
  readonly config?: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxTokens?: number;
  readonly seed: number;
  readonly saveTotalLimit?: number;
  readonly reportTo?: readonly string[];
  readonly resume?: boolean;
}

type RunOptions = TrainingOptions & { readonly maxTokens?: number };

/** Trains to the end, or until Ctrl-C, of which the options' signal tells. @throws TetradError CANCELLED for a run that was stopped, DIVERGED */
export type Tune = <Run extends TrainingRun>(work: (options: RunOptions) => Promise<Run>) => Promise<Run>;

/**
 * The frame of fine-tuning: the model, progress, checkpoints, and the run's end.
 * @param work does everything with an engine, training by `tune`; once it is through, nothing is left to resume
 * @throws TetradError as `openCheckpoints`, and as `Tune` and `work`
 */
export async function fineTune<T>(
  context: Context,
  flags: TrainingFlags,
  work: (engine: Engine, tune: Tune, model: ModelPlace) => Promise<T>,
): Promise<T> {
  const { terminal, withEngine } = context;
  const model = await findModel(context, flags.model);
  const callbacks = reportsOf(flags);
  const checkpoints = await openCheckpoints(flags);
  const progress = terminal.progress("fine-tuning");
  const tokenizing = terminal.progress("tokenising");
  const tune: Tune = async (train) => {
    const told = [...callbacks, evaluationLines(terminal)];
    const run = await interruptible((signal) =>
      train({ ...trainingOptions(flags), ...watched(progress), ...counted(tokenizing), ...resumed(checkpoints), callbacks: told, signal }),
    ).finally(() => {
      tokenizing.end();
      progress.end();
    });
    return run.interrupted ? stopped(run, flags) : run;
  };
  let whole = false;
  try {
    const result = await withEngine((engine) => work(engine, tune, model));
    whole = true;
    return result;
  } finally {
    await checkpoints.end(whole);
  }
}

function trainingOptions(flags: TrainingFlags): RunOptions {
  const given = Object.keys(ARGUMENTS).flatMap((name) => {
    const value = flags[name as keyof TrainingFlags];
    return value === undefined ? [] : [[ARGUMENTS[name]?.key ?? name, value] as const];
  });
  const { maxTokens, adversarial } = flags;
  return {
    ...(Object.fromEntries(given) as TrainingOptions),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(adversarial !== undefined && { adversarial }),
    saveStrategy: saveStrategyOf(flags),
  };
}

function watched(progress: Progress): Pick<TrainingOptions, "onProgress"> {
  return {
    onProgress: ({ step, steps, epoch, epochs, loss, tokensPerSecond, secondsLeft }) =>
      progress.update(
        step / steps,
        `epoch ${epoch + 1}/${epochs} loss ${loss.toFixed(3)} ${Math.round(tokensPerSecond)} tokens/s ${duration(secondsLeft)} left`,
      ),
  };
}

/** Tokenising that is over before one looks up is not worth a line. */
const WORTH_A_LINE_MS = 1000;

function counted(progress: Progress): Pick<TrainingOptions, "onTokenize"> {
  const begin = performance.now();
  return {
    onTokenize(done, all) {
      if (performance.now() - begin > WORTH_A_LINE_MS) progress.update(done / all, `${done} of ${all} texts`);
      if (done === all) progress.end();
    },
  };
}

function resumed({ resume, onSave }: Checkpoints): Pick<TrainingOptions, "resume" | "onSave"> {
  return { onSave, ...(resume !== undefined && { resume }) };
}

/** What each evaluation in training found, a line each. */
function evaluationLines(terminal: Terminal): TrainerCallback {
  return {
    onEvaluate({ epoch }, _, metrics) {
      const figures = Object.entries(metrics).map(([name, value]) => `${name.replace("eval_", "")} ${value.toFixed(4)}`);
      terminal.note(`epoch ${epoch.toFixed(2)}: ${figures.join(", ")}`);
    },
  };
}

/** Notes on what the weights were good for. */
export function noteWeights(terminal: Terminal, { weights: { fresh, unused } }: LanguageModel, folder: string): void {
  if (fresh.length > 0) terminal.note(`note: began as random numbers: ${fresh.join(", ")}`);
  if (unused.length > 0) terminal.note(`note: not needed for this task: ${unused.length} tensors of ${folder}`);
}

/** What a command says of a run that is over. */
export interface Account {
  /** What the model was made from */
  readonly learned: string;
  /** What a run's examples are called; "texts" unless told */
  readonly examples?: string;
  readonly notes?: readonly string[];
  /** How good the model is */
  readonly findings: readonly string[];
  /** Arguments of the command that uses it */
  readonly use: string;
}

/** What is printed of a run that is over: what it learned from, how it went, how good the model is, and how to use it. */
export function accountOf(
  { colors: { bold, dim } }: Terminal,
  { out }: TrainingFlags,
  run: Parameters<typeof runLines>[0],
  { learned, examples = "texts", notes = [], findings, use }: Account,
): string {
  return [
    bold(learned),
    ...runLines(run, examples),
    ...notes,
    dim(run.placement),
    "",
    ...findings,
    `saved in ${out}; use it with: tetrad ${use}`,
  ].join("\n");
}

function runLines(run: TrainingRun & { readonly cut: number; readonly maxTokens: number }, what: string): string[] {
  return [
    `${run.steps} steps in ${duration(run.seconds)}, ${run.tokens} tokens, ${Math.round(run.tokens / run.seconds)} a second`,
    ...(run.cut > 0 ? [`${run.cut} ${what} are longer than ${run.maxTokens} tokens and were cut`] : []),
  ];
}

/** What is said of a run that was interrupted; its model is not written. @throws TetradError CANCELLED always */
function stopped({ steps, allSteps }: TrainingRun, { out }: TrainingFlags): never {
  throw new TetradError("CANCELLED", {
    op: "finetune",
    what: `stopped after ${steps} of ${allSteps} steps; where it stood is kept in ${runFolder(out)}`,
    hint: "go on with the same command and --resume",
  });
}

export function runFacts(run: TrainingRun & { readonly cut: number }) {
  const { steps, seconds, tokens, cut, interrupted, placement } = run;
  return {
    steps,
    seconds,
    tokens,
    cut,
    interrupted,
    placement,
    finalLoss: run.log.findLast((entry) => entry.loss !== undefined)?.loss ?? run.losses.at(-1) ?? null,
  };
}

export function cardOf(
  flags: TrainingFlags & Partial<AdapterFlags>,
  about: Pick<CardFacts, "task" | "adapter" | "summary" | "metrics" | "measuredOn">,
): string {
  return modelCard({
    ...about,
    // Names of files, not where they lie on this machine
    measuredOn: basename(about.measuredOn),
    name: basename(resolve(flags.out)),
    base: existsSync(flags.model) ? basename(resolve(flags.model)) : (hubModelIn(flags.model)?.name as string),
    licence: licenceOf(flags.model),
    data: basename(flags.train),
    recipe: recipeOf(flags),
  });
}
