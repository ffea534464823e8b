/** Optimiser and rates of a training by the names of Hugging Face's TrainingArguments. */

import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  didYouMean,
  lamb,
  lion,
  makeSchedule,
  nadam,
  type Optimizer,
  type OptimizerOptions,
  radam,
  rmsprop,
  type Schedule,
  type ScheduleOptions,
  sgd,
  TetradError,
} from "@tetrad/engine";
import type { CompleteOptions } from "./options.js";

const ADAM = ["adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw", "adam", "adamax", "nadam", "radam", "lamb"] as const;
export const OPTIMIZER_NAMES = [...ADAM, "sgd", "rmsprop", "adagrad", "adadelta", "adafactor", "lion", "lion_32bit"] as const;
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

type Make = (options: OptimizerOptions) => Optimizer;

/** Adafactor as transformers' Trainer sets it up: its steps are no shares of the parameters. */
const adafactorOfTrainer: Make = (options) => adafactor({ form: "paper", scaleParameter: false, ...options });

const MAKERS: Readonly<Record<OptimizerName, Make>> = {
  adamw_torch: adamw,
  adamw_torch_fused: adamw,
  adamw_hf: adamw,
  adamw,
  adam,
  adamax,
  nadam,
  radam,
  lamb,
  sgd,
  rmsprop,
  adagrad,
  adadelta,
  adafactor: adafactorOfTrainer,
  lion,
  lion_32bit: lion,
};

/** @throws TetradError ARGUMENT for an unknown schedule or impossible numbers */
export function scheduleOf(
  { lrSchedulerType, lrSchedulerKwargs, warmupRatio, warmupSteps, learningRate }: CompleteOptions,
  steps: number,
): Schedule {
  const warmup = lrSchedulerType === "constant" ? {} : { warmupRatio, ...(warmupSteps !== undefined && { warmupSteps }) };
  const options = { name: lrSchedulerType, ...warmup, ...lrSchedulerKwargs } as ScheduleOptions;
  return makeSchedule(options, learningRate, steps);
}

/**
 * @param lr rate by step
 * @param lrScale factor on the rate by parameter
 * @throws TetradError ARGUMENT for an unknown name, and for options that are no numbers
 */
export function optimizerOf(options: CompleteOptions, lr: Schedule, lrScale: (name: string) => number): Optimizer {
  const { optim, optimArgs, weightDecay, maxGradNorm, adamBeta1, adamBeta2, adamEpsilon } = options;
  const make = MAKERS[optim] as Make | undefined;
  if (make === undefined) {
    throw new TetradError("ARGUMENT", {
      op: "optim",
      what: "there is no optimiser of this name",
      got: optim,
      expected: OPTIMIZER_NAMES.join(", "),
      hint: didYouMean(optim, OPTIMIZER_NAMES),
    });
  }
  const given = { beta1: adamBeta1, beta2: adamBeta2, eps: adamEpsilon };
  const own = (ADAM as readonly string[]).includes(optim) ? Object.entries(given).filter(([, value]) => value !== undefined) : [];
  const common: OptimizerOptions = {
    lr,
    weightDecay,
    lrScale,
    decays: (_, shape) => shape.length >= 2,
    // As PyTorch's, 0 clips nothing.
    ...(maxGradNorm > 0 && { clipNorm: maxGradNorm }),
  };
  return make({ ...common, ...Object.fromEntries(own), ...argumentsIn(optimArgs) });
}

/** `momentum=0.9,nesterov=true` as an object. */
function argumentsIn(text: string | undefined): Readonly<Record<string, number | boolean>> {
  if (text === undefined || text.trim() === "") return {};
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [name = "", value = ""] = pair.split("=").map((part) => part.trim());
      const flag = { true: true, false: false, True: true, False: false }[value];
      const parsed = flag ?? (value === "" ? Number.NaN : Number(value));
      if (name !== "" && (typeof parsed === "boolean" || Number.isFinite(parsed))) return [name, parsed] as const;
      throw new TetradError("ARGUMENT", {
        op: "optim_args",
        what: "this is no list of options",
        got: text,
        expected: "name=number,name=true",
      });
    }),
  );
}
