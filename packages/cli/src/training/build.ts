/** Network, loss and optimiser from a configuration. */
import {
  adagrad,
  adam,
  adamw,
  crossEntropy,
  featureNames,
  type Loss,
  type Model,
  makeSchedule,
  mlp,
  mse,
  type Optimizer,
  type Preprocessing,
  rmsprop,
  type Schedule,
  sgd,
} from "@tetrad/engine";
import type { TrainConfig } from "../config/train-config.js";

export function buildModel({ model: { hidden, activation } }: TrainConfig, preprocessing: Preprocessing): Model {
  const outputs = preprocessing.target.kind === "number" ? 1 : preprocessing.target.labels.length;
  return mlp([featureNames(preprocessing).length, ...hidden, outputs], { activation });
}

/** Mean squared error of standardised numbers, cross entropy of labels. */
export function buildLoss({ target }: Preprocessing): Loss {
  return target.kind === "number" ? (prediction, y) => mse(prediction, y) : (logits, y) => crossEntropy(logits, y);
}

const DEFAULT_RATES = { adam: 1e-3, adamw: 1e-3, sgd: 1e-2, rmsprop: 1e-2, adagrad: 1e-2 } as const;

export function buildOptimizer({ optimizer: { name, ...options }, clip }: TrainConfig): Optimizer {
  const all = defined({ lr: DEFAULT_RATES[name], ...options, clipNorm: clip });
  switch (name) {
    case "adam":
      return adam(all);
    case "adamw":
      return adamw(all);
    case "sgd":
      return sgd(all);
    case "rmsprop":
      return rmsprop(all);
    case "adagrad":
      return adagrad(all);
  }
}

/** The learning rate by step, when the configuration has a schedule. */
export function buildSchedule({ schedule, optimizer }: TrainConfig): ((steps: number) => Schedule) | undefined {
  if (schedule === undefined) return undefined;
  return (steps) => makeSchedule(defined(schedule), optimizer.lr ?? DEFAULT_RATES[optimizer.name], steps);
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the keys that are undefined: an option left out takes its default, one given as undefined would not. */
function defined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
