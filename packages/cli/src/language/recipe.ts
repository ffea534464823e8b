/** How a model was trained, for its card: what was asked for and what of it matters to who would do it again. */
import { type Adversarial, TRAINING_DEFAULTS } from "@tetrad/language";
import { defined } from "../defined.js";
import type { AdapterFlags } from "./adapters.js";
import { LORA_DEFAULTS } from "./peft-methods.js";
import type { TrainingFlags } from "./training.js";
import { ARGUMENTS, keyOf, snakeCase } from "./training-arguments.js";

/** Said by the words of `recipeOf`, or about looking on and keeping, which changes no weight. */
const APART = [
  ...["epochs", "batchSize", "gradientAccumulationSteps", "learningRate", "weightDecay", "seed", "maxSteps"],
  ...["loggingSteps", "evalStrategy", "evalSteps", "saveStrategy", "saveSteps", "saveTotalLimit", "reportTo", "gradientCheckpointing"],
];

/** Adapters' options that have a default or were given, by method */
const OF_LAYERS = ["r", "loraAlpha", "loraDropout", "useRslora", "targetModules"] as const;
const OF_OTHERS = [
  ...["targetModules", "numVirtualTokens", "promptTuningInitText", "prefixProjection", "encoderHiddenSize"],
  ...["adapterConfig", "reductionFactor", "nonLinearity"],
] as readonly (keyof AdapterFlags)[];

type Recipe = Record<string, number | string>;

/** What is said of every training, with what it was where nobody asked for something else */
const ALWAYS = ["optim", "lrSchedulerType", "warmupRatio", "maxGradNorm"] as const;

export function recipeOf(given: TrainingFlags & Partial<AdapterFlags>): Recipe {
  const usual = Object.fromEntries(ALWAYS.map((option) => [option, TRAINING_DEFAULTS[option]]));
  const flags = { ...usual, ...defined(given), ...(given.warmupSteps !== undefined && { warmupRatio: undefined }) } as typeof given;
  const { epochs, batchSize, learningRate, weightDecay, seed, maxTokens, maxSteps, adversarial, peft, quantize, merge } = flags;
  const recipe: Recipe = {
    ...(maxSteps === undefined ? { epochs } : { steps: maxSteps }),
    "examples a step": batchSize * (flags.gradientAccumulationSteps ?? 1),
    "learning rate": learningRate,
    "weight decay": weightDecay,
    seed,
    "most tokens": maxTokens ?? "the model's own limit",
  };
  const note = (name: string, value: unknown) => {
    if (value !== undefined && value !== false) recipe[name] = typeof value === "number" ? value : textOf(value);
  };
  for (const option of Object.keys(ARGUMENTS)) {
    if (!APART.includes(option)) note(keyOf(option), flags[option as keyof TrainingFlags]);
  }
  note("adversarial", adversarial && movesText(adversarial));
  note("adapter", peft);
  const adapter = { ...LORA_DEFAULTS, ...defined(flags) };
  for (const option of peft === undefined ? [] : peft === "lora" || peft === "dora" ? OF_LAYERS : OF_OTHERS)
    note(snakeCase(option), adapter[option]);
  note("quantize", quantize);
  note("merged", merge);
  return recipe;
}

/** As the option has it */
function movesText(moves: Adversarial): string {
  const { method, epsilon, per } = moves;
  const lengths = moves.method === "fgm" ? [epsilon] : [epsilon, moves.alpha, moves.steps];
  return `${method}:${lengths.join(",")}${per === "text" ? ":text" : ""}`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : value === true ? "yes" : String(value);
}
