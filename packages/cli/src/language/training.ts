/** What fine-tuning does, prints and counts whatever the task. */
import { basename } from "node:path";
import { type Engine, splitRows, TetradError } from "@tetrad/engine";
import type { Adversarial, LanguageModel, TrainingOptions, TrainingRun } from "@tetrad/language";
import type { Context } from "../context.js";
import { interruptible } from "../interrupt.js";
import { duration, type Progress } from "../progress.js";
import type { Terminal } from "../terminal.js";
import { modelCard } from "./card.js";
import { type Resumable, resumable, stateFile } from "./resumable.js";

export interface TrainingFlags {
  readonly model: string;
  readonly train: string;
  readonly test?: string;
  readonly testShare: number;
  readonly out: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxTokens?: number;
  readonly seed: number;
  readonly adversarial?: Adversarial;
  readonly resume?: boolean;
  readonly saveSteps?: number;
}

type RunOptions = TrainingOptions & { readonly maxTokens?: number };

/** Trains to the end, or until Ctrl-C, of which the options' signal tells. @throws TetradError CANCELLED for a run that was stopped, DIVERGED */
export type Tune = <Run extends TrainingRun>(work: (options: RunOptions) => Promise<Run>) => Promise<Run>;

/**
 * The frame of fine-tuning: progress, where an interrupted run stood, and its end.
 * @param work does everything with an engine, training by `tune`; once it is through, nothing is left to resume
 * @throws TetradError as `resumable`, and as `Tune` and `work`
 */
export async function fineTune<T>(
  { terminal, withEngine }: Context,
  flags: TrainingFlags,
  work: (engine: Engine, tune: Tune) => Promise<T>,
): Promise<T> {
  const state = await resumable(flags);
  const progress = terminal.progress("fine-tuning");
  const tune: Tune = async (train) => {
    const run = await interruptible((signal) => train(trainingOptions(flags, signal, progress, state))).finally(() => progress.end());
    return run.interrupted ? stopped(run, flags) : run;
  };
  const result = await withEngine((engine) => work(engine, tune));
  await state.done();
  return result;
}

function trainingOptions(flags: TrainingFlags, signal: AbortSignal, progress: Progress, { resume, onState }: Resumable): RunOptions {
  return {
    numTrainEpochs: flags.epochs,
    perDeviceTrainBatchSize: flags.batchSize,
    learningRate: flags.learningRate,
    weightDecay: flags.weightDecay,
    seed: flags.seed,
    ...(flags.maxTokens !== undefined && { maxTokens: flags.maxTokens }),
    ...(flags.adversarial !== undefined && { adversarial: flags.adversarial }),
    ...(flags.saveSteps !== undefined && { saveSteps: flags.saveSteps }),
    ...(resume !== undefined && { resume }),
    onState,
    signal,
    onProgress: ({ step, steps, epoch, epochs, loss, tokensPerSecond, secondsLeft }) =>
      progress.update(
        step / steps,
        `epoch ${epoch + 1}/${epochs} loss ${loss.toFixed(3)} ${Math.round(tokensPerSecond)} tokens/s ${duration(secondsLeft)} left`,
      ),
  };
}

/** Some of the examples are kept to measure on, so that a number is never of examples that were learned. */
export function held<T>(examples: readonly T[], { testShare, seed, train }: TrainingFlags) {
  const numbers = Int32Array.from({ length: examples.length }, (_, i) => i);
  const split = splitRows(numbers, { validation: 0, test: testShare }, seed);
  const pick = (part: Int32Array) => Array.from(part, (i) => examples[i] as T);
  return { train: pick(split.train), test: pick(split.test), measuredOn: `${basename(train)}, kept back` };
}

/** Notes on what the weights were good for. */
export function noteWeights(terminal: Terminal, { weights: { fresh, unused } }: LanguageModel, folder: string): void {
  if (fresh.length > 0) terminal.note(`note: began as random numbers: ${fresh.join(", ")}`);
  if (unused.length > 0) terminal.note(`note: not needed for this task: ${unused.length} tensors of ${folder}`);
}

export function runLines(run: TrainingRun & { readonly cut: number; readonly maxTokens: number }, what: string): string[] {
  return [
    `${run.steps} steps in ${duration(run.seconds)}, ${run.tokens} tokens, ${Math.round(run.tokens / run.seconds)} a second`,
    ...(run.cut > 0 ? [`${run.cut} ${what} are longer than ${run.maxTokens} tokens and were cut`] : []),
  ];
}

/** What is said of a run that was interrupted; its model is not written. @throws TetradError CANCELLED always */
function stopped({ steps, allSteps }: TrainingRun, { out }: TrainingFlags): never {
  throw new TetradError("CANCELLED", {
    op: "finetune",
    what: `stopped after ${steps} of ${allSteps} steps; where it stood is kept in ${stateFile(out)}`,
    hint: "go on with the same command and --resume",
  });
}

export function runFacts(run: TrainingRun & { readonly cut: number }) {
  const { steps, seconds, tokens, cut, interrupted, placement } = run;
  return { steps, seconds, tokens, cut, interrupted, placement, finalLoss: run.log.at(-1)?.loss ?? run.losses.at(-1) ?? null };
}

export function cardOf(
  flags: TrainingFlags,
  about: {
    readonly task: "text-classification" | "token-classification" | "text-generation";
    readonly summary: string;
    readonly metrics: Readonly<Record<string, number>>;
    readonly measuredOn: string;
  },
): string {
  const { epochs, batchSize, learningRate, weightDecay, seed, maxTokens } = flags;
  return modelCard({
    ...about,
    base: basename(flags.model),
    data: basename(flags.train),
    recipe: {
      epochs,
      "examples a step": batchSize,
      "learning rate": learningRate,
      "weight decay": weightDecay,
      seed,
      "most tokens": maxTokens ?? "the model's own limit",
    },
  });
}
