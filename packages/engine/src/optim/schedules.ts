/**
 * Learning rates over time, by the names and formulas of Hugging Face's `get_scheduler` and torch's `lr_scheduler`: pure functions of the step, so
 * that a resumed run needs no scheduler state. Only `reduce_on_plateau` depends on what happened, and is an object.
 */
import { closest, TetradError } from "../errors.js";

/** Learning rate of step 0, 1, 2, … */
export type Schedule = (step: number) => number;

/** Steps of linear (or other) rise from 0 before the schedule proper. A ratio is of all steps, rounded up. */
interface Warmup {
  readonly warmupSteps?: number;
  readonly warmupRatio?: number;
}

type Shape = "linear" | "cosine" | "1-sqrt";

export type ScheduleOptions =
  | { readonly name: "constant" }
  | ({ readonly name: "constant_with_warmup" | "linear" } & Warmup)
  | ({ readonly name: "cosine"; readonly numCycles?: number } & Warmup)
  | ({ readonly name: "cosine_with_restarts"; readonly numCycles?: number } & Warmup)
  | ({ readonly name: "cosine_with_min_lr"; readonly numCycles?: number; readonly minLr?: number; readonly minLrRate?: number } & Warmup)
  | ({ readonly name: "polynomial"; readonly lrEnd?: number; readonly power?: number } & Warmup)
  | ({ readonly name: "inverse_sqrt"; readonly timescale?: number } & Warmup)
  | ({
      readonly name: "warmup_stable_decay";
      readonly numDecaySteps: number;
      readonly numStableSteps?: number;
      readonly warmupType?: Shape;
      readonly decayType?: Shape;
      readonly minLrRatio?: number;
      readonly numCycles?: number;
    } & Warmup)
  | OneCycleOptions
  | { readonly name: "exponential"; readonly gamma: number }
  | { readonly name: "step"; readonly stepSize: number; readonly gamma?: number }
  | { readonly name: "multi_step"; readonly milestones: readonly number[]; readonly gamma?: number }
  | { readonly name: "cosine_annealing"; readonly tMax: number; readonly etaMin?: number };

/** `lr` is the peak. beta1 moves against it between `maxBeta1` and `baseBeta1`: see `oneCycleBeta1`. Smith & Topin, arXiv:1708.07120. */
export interface OneCycleOptions {
  readonly name: "one_cycle";
  readonly pctStart?: number;
  readonly annealStrategy?: "cos" | "linear";
  readonly threePhase?: boolean;
  readonly divFactor?: number;
  readonly finalDivFactor?: number;
  readonly baseBeta1?: number;
  readonly maxBeta1?: number;
}

export const SCHEDULE_NAMES = [
  "constant",
  "constant_with_warmup",
  "linear",
  "cosine",
  "cosine_with_restarts",
  "cosine_with_min_lr",
  "polynomial",
  "inverse_sqrt",
  "warmup_stable_decay",
  "one_cycle",
  "exponential",
  "step",
  "multi_step",
  "cosine_annealing",
] as const satisfies readonly ScheduleOptions["name"][];

/**
 * @param lr the base rate (for one_cycle: the peak)
 * @param totalSteps steps of the whole training
 * @throws TetradError ARGUMENT for an unknown name or impossible numbers
 */
export function makeSchedule(options: ScheduleOptions, lr: number, totalSteps: number): Schedule {
  const factor = factorOf(options, lr, totalSteps);
  return (step) => lr * factor(step);
}

function factorOf(options: ScheduleOptions, lr: number, totalSteps: number): Schedule {
  const warmup = warmupSteps(options as Warmup, totalSteps);
  /** 0 at the end of the warm-up, 1 at the end of the training. */
  const progress = (step: number) => (step - warmup) / Math.max(1, totalSteps - warmup);
  const afterWarmup =
    (rest: Schedule): Schedule =>
    (step) =>
      step < warmup ? step / Math.max(1, warmup) : rest(step);
  switch (options.name) {
    case "constant":
      return () => 1;
    case "constant_with_warmup":
      return afterWarmup(() => 1);
    case "linear":
      return afterWarmup((step) => Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmup)));
    case "cosine": {
      const { numCycles = 0.5 } = options;
      return afterWarmup((step) => Math.max(0, cosine(2 * numCycles * progress(step))));
    }
    case "cosine_with_restarts": {
      const { numCycles = 1 } = options;
      return afterWarmup((step) => (progress(step) >= 1 ? 0 : Math.max(0, cosine((numCycles * progress(step)) % 1))));
    }
    case "cosine_with_min_lr": {
      const { numCycles = 0.5, minLr, minLrRate = minLr === undefined ? undefined : minLr / lr } = options;
      if (minLrRate === undefined) return bad("cosine_with_min_lr", "neither minLr nor minLrRate is given", "one of them");
      return afterWarmup((step) => Math.max(0, cosine(2 * numCycles * progress(step)) * (1 - minLrRate) + minLrRate));
    }
    case "polynomial": {
      const { lrEnd = 1e-7, power = 1 } = options;
      if (!(lr > lrEnd)) return bad("polynomial", "lrEnd is not below the base rate", "lrEnd < lr", `${lrEnd} and ${lr}`);
      return afterWarmup((step) => (step > totalSteps ? lrEnd : (lr - lrEnd) * (1 - progress(step)) ** power + lrEnd) / lr);
    }
    case "inverse_sqrt": {
      const { timescale = warmup || 10_000 } = options;
      return afterWarmup((step) => 1 / Math.sqrt((step + timescale - warmup) / timescale));
    }
    case "warmup_stable_decay": {
      const {
        numDecaySteps,
        numStableSteps = totalSteps - warmup - numDecaySteps,
        warmupType = "linear",
        decayType = "cosine",
        minLrRatio = 0,
        numCycles = 0.5,
      } = options;
      const lifted = (factor: number) => Math.max(0, factor * (1 - minLrRatio) + minLrRatio);
      const decayStart = warmup + numStableSteps;
      return (step) => {
        if (step < warmup) return lifted(rise(warmupType, step / Math.max(1, warmup)));
        if (step < decayStart) return 1;
        if (step >= decayStart + numDecaySteps) return minLrRatio;
        return lifted(fall(decayType, (step - decayStart) / Math.max(1, numDecaySteps), numCycles));
      };
    }
    case "one_cycle": {
      const { divFactor = 25, finalDivFactor = 1e4 } = options;
      return oneCycle(options, totalSteps, 1 / divFactor, 1, 1 / divFactor / finalDivFactor);
    }
    case "exponential":
      return (step) => options.gamma ** step;
    case "step": {
      const { stepSize, gamma = 0.1 } = options;
      return (step) => gamma ** Math.floor(step / stepSize);
    }
    case "multi_step": {
      const { milestones, gamma = 0.1 } = options;
      return (step) => gamma ** milestones.filter((milestone) => step >= milestone).length;
    }
    case "cosine_annealing": {
      const { tMax, etaMin = 0 } = options;
      return (step) => (etaMin + (lr - etaMin) * cosine(step / tMax)) / lr;
    }
    default: {
      const { name } = options as { name: unknown };
      const near = typeof name === "string" ? closest(name, SCHEDULE_NAMES) : undefined;
      return bad(
        "schedule",
        "there is no schedule of this name",
        near === undefined ? SCHEDULE_NAMES.join(", ") : `${near}?`,
        JSON.stringify(name),
      );
    }
  }
}

/** 1 at t = 0, 0 at t = 1. */
const cosine = (t: number): number => 0.5 * (1 + Math.cos(Math.PI * t));

function rise(shape: Shape, t: number): number {
  if (shape === "linear") return t;
  return shape === "cosine" ? 0.5 * (1 - Math.cos(Math.PI * t)) : 1 - Math.sqrt(1 - t);
}

function fall(shape: Shape, t: number, numCycles: number): number {
  if (shape === "linear") return 1 - t;
  return shape === "cosine" ? cosine(2 * numCycles * t) : 1 - Math.sqrt(t);
}

/** torch's OneCycleLR: the peak is reached at step pctStart·total − 1, the end at total − 1; three phases go back to the start in between. */
function oneCycle(
  { pctStart = 0.3, annealStrategy = "cos", threePhase = false }: OneCycleOptions,
  totalSteps: number,
  start: number,
  peak: number,
  end: number,
): Schedule {
  const top = pctStart * totalSteps - 1;
  const phases = threePhase
    ? [
        { until: top, from: start, to: peak },
        { until: 2 * pctStart * totalSteps - 2, from: peak, to: start },
        { until: totalSteps - 1, from: start, to: end },
      ]
    : [
        { until: top, from: start, to: peak },
        { until: totalSteps - 1, from: peak, to: end },
      ];
  const anneal = (from: number, to: number, t: number) =>
    annealStrategy === "cos" ? to + (from - to) * cosine(t) : from + (to - from) * t;
  return (step) => {
    let begin = 0;
    for (const [i, { until, from, to }] of phases.entries()) {
      if (step <= until || i === phases.length - 1) return anneal(from, to, Math.min(1, (step - begin) / (until - begin)));
      begin = until;
    }
    return end;
  };
}

/** Adam's beta1 under one_cycle: from `maxBeta1` down to `baseBeta1` at the peak rate and back. */
export function oneCycleBeta1(options: OneCycleOptions, totalSteps: number): Schedule {
  const { baseBeta1 = 0.85, maxBeta1 = 0.95 } = options;
  return oneCycle(options, totalSteps, maxBeta1, baseBeta1, maxBeta1);
}

function warmupSteps({ warmupSteps, warmupRatio = 0 }: Warmup, totalSteps: number): number {
  const steps = warmupSteps ?? Math.ceil(warmupRatio * totalSteps);
  if (!(steps >= 0)) return bad("schedule", "the warm-up is negative", "at least 0 steps", `${steps}`);
  return steps;
}

function bad(op: string, what: string, expected: string, got?: string): never {
  throw new TetradError("ARGUMENT", { op, what, expected, ...(got === undefined ? {} : { got }) });
}

export interface PlateauOptions {
  /** Whether a smaller or a larger metric is better. */
  readonly mode?: "min" | "max";
  readonly factor?: number;
  /** Bad epochs in a row that are tolerated. */
  readonly patience?: number;
  /** How much better counts as better. */
  readonly threshold?: number;
  readonly thresholdMode?: "rel" | "abs";
  /** Epochs after a reduction in which bad ones are not counted. */
  readonly cooldown?: number;
  readonly minLr?: number;
}

export interface PlateauState {
  readonly lr: number;
  /** null before the first metric. */
  readonly best: number | null;
  readonly badEpochs: number;
  readonly cooldownLeft: number;
}

/** torch's ReduceLROnPlateau: multiplies the rate by `factor` when the metric stops getting better. */
export class ReduceOnPlateau {
  readonly #options: Required<PlateauOptions>;
  #state: PlateauState;

  constructor(lr: number, options: PlateauOptions = {}) {
    this.#options = { mode: "min", factor: 0.1, patience: 10, threshold: 1e-4, thresholdMode: "rel", cooldown: 0, minLr: 0, ...options };
    if (!(this.#options.factor < 1)) bad("reduce_on_plateau", "the factor does not reduce", "factor < 1", `${this.#options.factor}`);
    this.#state = { lr, best: null, badEpochs: 0, cooldownLeft: 0 };
  }

  get lr(): number {
    return this.#state.lr;
  }

  /** Plain JSON, for saving; `restore` takes it back. */
  get state(): PlateauState {
    return this.#state;
  }

  restore(state: PlateauState): void {
    this.#state = { ...state };
  }

  /** Takes the metric of one epoch and returns the rate of the next. */
  update(metric: number): number {
    const { factor, patience, cooldown, minLr } = this.#options;
    let { lr, best, badEpochs, cooldownLeft } = this.#state;
    if (best === null || this.#better(metric, best)) {
      best = metric;
      badEpochs = 0;
    } else badEpochs++;
    if (cooldownLeft > 0) {
      cooldownLeft--;
      badEpochs = 0;
    }
    if (badEpochs > patience) {
      const reduced = Math.max(lr * factor, minLr);
      // Steps below 1e-8 change nothing but the log; torch's `eps` has the same value.
      if (lr - reduced > 1e-8) lr = reduced;
      cooldownLeft = cooldown;
      badEpochs = 0;
    }
    this.#state = { lr, best, badEpochs, cooldownLeft };
    return lr;
  }

  #better(metric: number, best: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === "min" ? -1 : 1;
    const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === "min" ? metric < bar : metric > bar;
  }
}
