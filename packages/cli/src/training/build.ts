/** Network, loss and optimiser from a configuration. */
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  crossEntropy,
  featureNames,
  type Loss,
  lamb,
  lion,
  type Model,
  makeSchedule,
  mlp,
  mse,
  muon,
  nadam,
  type Optimizer,
  type Preprocessing,
  radam,
  rmsprop,
  type Schedule,
  sgd,
} from "@tetrad/engine";
import type { TrainConfig } from "../config/train-config.js";
import { defined } from "../defined.js";

export function buildModel({ model: { hidden, activation } }: TrainConfig, preprocessing: Preprocessing): Model {
  const outputs = preprocessing.target.kind === "number" ? 1 : preprocessing.target.labels.length;
  return mlp([featureNames(preprocessing).length, ...hidden, outputs], { activation });
}

/** Mean squared error of standardised numbers, cross entropy of labels. */
export function buildLoss({ target }: Preprocessing): Loss {
  return target.kind === "number" ? (prediction, y) => mse(prediction, y) : (logits, y) => crossEntropy(logits, y);
}

/** The engine's own, which schedules have to know. */
const DEFAULT_RATES = {
  adam: 1e-3,
  adamw: 1e-3,
  sgd: 1e-2,
  rmsprop: 1e-2,
  adagrad: 1e-2,
  adadelta: 1,
  adamax: 2e-3,
  nadam: 2e-3,
  radam: 1e-3,
  lion: 1e-4,
  lamb: 1e-3,
  adafactor: 1e-2,
  muon: 1e-3,
} as const;

export function buildOptimizer({ optimizer, clip }: TrainConfig): Optimizer {
  const clipping = clip === undefined ? {} : { clipNorm: clip };
  switch (optimizer.name) {
    case "adam":
      return adam({ ...defined(optimizer), ...clipping });
    case "adamw":
      return adamw({ ...defined(optimizer), ...clipping });
    case "sgd":
      return sgd({ ...defined(optimizer), ...clipping });
    case "rmsprop":
      return rmsprop({ ...defined(optimizer), ...clipping });
    case "adagrad":
      return adagrad({ ...defined(optimizer), ...clipping });
    case "adadelta":
      return adadelta({ ...defined(optimizer), ...clipping });
    case "adamax":
      return adamax({ ...defined(optimizer), ...clipping });
    case "nadam":
      return nadam({ ...defined(optimizer), ...clipping });
    case "radam":
      return radam({ ...defined(optimizer), ...clipping });
    case "lion":
      return lion({ ...defined(optimizer), ...clipping });
    case "lamb":
      return lamb({ ...defined(optimizer), ...clipping });
    case "adafactor":
      return adafactor({ ...defined(optimizer), ...clipping });
    case "muon":
      return muon({ ...defined(optimizer), ...clipping });
  }
}

/** The learning rate by step, when the configuration has a schedule. */
export function buildSchedule({ schedule, optimizer }: TrainConfig): ((steps: number) => Schedule) | undefined {
  if (schedule === undefined) return undefined;
  return (steps) => makeSchedule(defined(schedule), optimizer.lr ?? DEFAULT_RATES[optimizer.name], steps);
}
