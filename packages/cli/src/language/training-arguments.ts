/**
 * What may be said of a training, by the names of Hugging Face's TrainingArguments: one table for the options of commands and the keys of configurations.
 * Every name is `snake_case` in a file and `--kebab-case` on the command line.
 */
import type { TrainingOptions } from "@tetrad/language";

/** What a value may be, in words that options and schemas are made from. */
export type Kind = "count" | "whole" | "positive" | "nonnegative" | "share" | "flag" | "text" | "names" | "record" | readonly string[];

export interface Argument {
  readonly kind: Kind;
  readonly about: string;
  /** Hugging Face's name, where the option has a shorter one */
  readonly key?: keyof TrainingOptions;
}

const STRATEGIES = ["no", "steps", "epoch"] as const;

/** By the option's name in camelCase. */
export const ARGUMENTS: Readonly<Record<string, Argument>> = {
  epochs: { kind: "positive", about: "how often every example is seen", key: "numTrainEpochs" },
  batchSize: { kind: "count", about: "examples of a batch", key: "perDeviceTrainBatchSize" },
  learningRate: { kind: "positive", about: "the highest rate" },
  weightDecay: { kind: "nonnegative", about: "of matrices; offsets and norms do not decay" },
  seed: { kind: "whole", about: "of the new head, dropout and the order of examples" },
  maxSteps: { kind: "count", about: "end after so many steps, whatever --epochs says" },
  gradientAccumulationSteps: { kind: "count", about: "batches of a step" },
  gradientCheckpointing: { kind: "flag", about: "compute layers again in the backward pass: less memory, a third more time" },
  optim: { kind: "text", about: "adamw_torch, adam, sgd, adafactor, lion, rmsprop, adagrad, lamb, …" },
  optimArgs: { kind: "text", about: "further options of the optimiser: momentum=0.9,nesterov=true" },
  adamBeta1: { kind: "share", about: "decay of Adam's first average" },
  adamBeta2: { kind: "share", about: "decay of Adam's second average" },
  adamEpsilon: { kind: "positive", about: "what Adam's divisor is at least" },
  lrSchedulerType: { kind: "text", about: "linear, cosine, constant, constant_with_warmup, polynomial, inverse_sqrt, …" },
  lrSchedulerKwargs: { kind: "record", about: "further options of the schedule" },
  warmupRatio: { kind: "nonnegative", about: "share of all steps in which the rate rises" },
  warmupSteps: { kind: "whole", about: "steps in which the rate rises" },
  maxGradNorm: { kind: "nonnegative", about: "longer gradients are shortened to this; 0 for never" },
  labelSmoothingFactor: { kind: "nonnegative", about: "how much of a label's probability is spread over all" },
  freeze: { kind: "names", about: "modules that stand still: embeddings encoder.layer.0" },
  layerwiseLrDecay: { kind: "positive", about: "factor on the rate from each layer to the one below" },
  unfreezeEvery: { kind: "positive", about: "train the head alone, and one more layer after each so many epochs" },
  loggingSteps: { kind: "count", about: "steps whose mean loss is logged" },
  evalStrategy: { kind: STRATEGIES, about: "when the model is measured on examples that are not learned" },
  evalSteps: { kind: "count", about: "steps between two evaluations" },
  saveStrategy: { kind: STRATEGIES, about: "when a checkpoint is kept" },
  saveSteps: { kind: "count", about: "steps between two checkpoints" },
  saveTotalLimit: { kind: "count", about: "older checkpoints than so many are removed, the best one is not" },
  loadBestModelAtEnd: { kind: "flag", about: "end with the parameters of the best evaluation" },
  metricForBestModel: { kind: "text", about: "the figure that decides which is best: loss, accuracy, f1" },
  earlyStoppingPatience: { kind: "count", about: "end after so many evaluations that were no better" },
  earlyStoppingThreshold: { kind: "nonnegative", about: "how much better is better" },
  reportTo: { kind: "names", about: "also write the log for tensorboard, or as jsonl" },
};

/** The key of a configuration. */
export function keyOf(option: string): string {
  return snakeCase(ARGUMENTS[option]?.key ?? option);
}

/** As the command line has it. */
export const flagOf = (option: string): string => `--${snakeCase(option).replaceAll("_", "-")}`;

export const snakeCase = (name: string): string =>
  name.replace(/[A-Z0-9]+/g, (part) => (/\d/.test(part) ? part : `_${part.toLowerCase()}`));
