/** What a training configuration may say: every key, its default and its meaning in one place. */
import { z } from "zod";

const count = z.int().positive();
const share = z.number().gt(0).lt(1);
const warmup = { warmupSteps: z.int().nonnegative().optional(), warmupRatio: share.optional() };

/** By Hugging Face's and torch's names; `linear` alone stands for `{ name: linear }`. */
const schedule = z.preprocess(
  (value) => (typeof value === "string" ? { name: value } : value),
  z.discriminatedUnion("name", [
    z.strictObject({ name: z.literal("constant") }),
    z.strictObject({ name: z.literal("constant_with_warmup"), ...warmup }),
    z.strictObject({ name: z.literal("linear"), ...warmup }),
    z.strictObject({ name: z.literal("cosine"), numCycles: z.number().positive().optional(), ...warmup }),
    z.strictObject({ name: z.literal("cosine_with_restarts"), numCycles: count.optional(), ...warmup }),
    z.strictObject({
      name: z.literal("cosine_with_min_lr"),
      minLr: z.number().nonnegative().optional(),
      minLrRate: share.optional(),
      numCycles: z.number().positive().optional(),
      ...warmup,
    }),
    z.strictObject({
      name: z.literal("polynomial"),
      lrEnd: z.number().nonnegative().optional(),
      power: z.number().positive().optional(),
      ...warmup,
    }),
    z.strictObject({ name: z.literal("inverse_sqrt"), timescale: z.number().positive().optional(), ...warmup }),
    z.strictObject({
      name: z.literal("warmup_stable_decay"),
      numDecaySteps: count,
      numStableSteps: count.optional(),
      warmupType: z.enum(["linear", "cosine", "1-sqrt"]).optional(),
      decayType: z.enum(["linear", "cosine", "1-sqrt"]).optional(),
      minLrRatio: z.number().min(0).lt(1).optional(),
      numCycles: z.number().positive().optional(),
      ...warmup,
    }),
    z.strictObject({
      name: z.literal("one_cycle"),
      pctStart: share.optional(),
      annealStrategy: z.enum(["cos", "linear"]).optional(),
      threePhase: z.boolean().optional(),
      divFactor: z.number().positive().optional(),
      finalDivFactor: z.number().positive().optional(),
    }),
    z.strictObject({ name: z.literal("exponential"), gamma: share }),
    z.strictObject({ name: z.literal("step"), stepSize: count, gamma: share.optional() }),
    z.strictObject({ name: z.literal("multi_step"), milestones: z.array(count), gamma: share.optional() }),
    z.strictObject({ name: z.literal("cosine_annealing"), tMax: count, etaMin: z.number().nonnegative().optional() }),
  ]),
);

const rate = { lr: z.number().positive().optional(), weightDecay: z.number().nonnegative().default(0) };
const eps = z.number().positive().optional();
const momentum = z.number().min(0).lt(1).optional();
const betas = { beta1: share.optional(), beta2: share.optional() };
const decoupledWeightDecay = z.boolean().optional();

const optimizer = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("adam"), ...rate, ...betas, eps }),
  z.strictObject({ name: z.literal("adamw"), ...rate, ...betas, eps }),
  z.strictObject({ name: z.literal("sgd"), ...rate, momentum, nesterov: z.boolean().optional() }),
  z.strictObject({ name: z.literal("rmsprop"), ...rate, momentum, eps }),
  z.strictObject({ name: z.literal("adagrad"), ...rate, eps }),
  z.strictObject({ name: z.literal("adadelta"), ...rate, rho: share.optional(), eps }),
  z.strictObject({ name: z.literal("adamax"), ...rate, ...betas, eps }),
  z.strictObject({
    name: z.literal("nadam"),
    ...rate,
    ...betas,
    eps,
    momentumDecay: z.number().nonnegative().optional(),
    decoupledWeightDecay,
  }),
  z.strictObject({ name: z.literal("radam"), ...rate, ...betas, eps, decoupledWeightDecay }),
  z.strictObject({ name: z.literal("lion"), ...rate, ...betas }),
  /** Without decay LAMB is Adam, unless told to adapt always. */
  z.strictObject({
    name: z.literal("lamb"),
    ...rate,
    weightDecay: z.number().nonnegative().default(0.01),
    ...betas,
    eps,
    alwaysAdapt: z.boolean().optional(),
  }),
  z.strictObject({
    name: z.literal("adafactor"),
    ...rate,
    form: z.enum(["torch", "paper"]).optional(),
    beta1: share.optional(),
    decayRate: z.number().negative().optional(),
    clipThreshold: z.number().positive().optional(),
    scaleParameter: z.boolean().optional(),
    warmupInit: z.boolean().optional(),
  }),
  z.strictObject({
    name: z.literal("muon"),
    ...rate,
    momentum,
    nesterov: z.boolean().optional(),
    iterations: count.optional(),
    adjustLr: z.enum(["original", "match_rms_adamw"]).optional(),
  }),
]);

export const ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu", "silu", "elu", "leaky_relu", "softplus", "mish", "linear"] as const;

export const trainConfig = z.strictObject({
  /** A file with named columns, relative to the configuration's own folder. */
  data: z.string().min(1),
  /** The column to predict. */
  target: z.string().min(1),
  /** Default: classification when the target holds text, else regression. */
  task: z.enum(["regression", "classification"]).optional(),
  /** Default: every other column that can be an input. */
  inputs: z.array(z.string()).min(1).optional(),
  /** Columns of numbers that are names in disguise. */
  categories: z.array(z.string()).optional(),
  maxCategories: count.optional(),
  missing: z.enum(["error", "drop", "impute"]).default("error"),
  unseen: z.enum(["zeros", "error"]).default("zeros"),
  model: z
    .strictObject({ hidden: z.array(count).default([64, 32]), activation: z.enum(ACTIVATIONS).default("relu") })
    .default({ hidden: [64, 32], activation: "relu" }),
  optimizer: optimizer.default({ name: "adam", weightDecay: 0 }),
  schedule: schedule.optional(),
  /** Largest global gradient norm. */
  clip: z.number().positive().optional(),
  batchSize: count.default(32),
  epochs: count.default(100),
  seed: z.int().nonnegative().default(0),
  /** Shares of the rows; `train` is the rest. */
  split: z
    .strictObject({ validation: z.number().min(0).lt(1).default(0.1), test: z.number().min(0).lt(1).default(0.1) })
    .default({ validation: 0.1, test: 0.1 }),
  /** The model's folder, relative to the current one. Default: the configuration's name. */
  out: z.string().min(1).optional(),
});

export type TrainConfig = z.output<typeof trainConfig>;
