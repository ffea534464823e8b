/** Adapters by the command line: what is trained in the place of the whole model. */

import { type Engine, TetradError } from "@tetrad/engine";
import {
  type BottleneckPlaces,
  bottleneck,
  ia3,
  type LanguageModel,
  lora,
  type MakeMethod,
  mergedModel,
  prefixTuning,
  promptTuning,
  trainedShare,
} from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";
import { defined } from "../defined.js";
import type { Terminal } from "../terminal.js";
import { baseName } from "./find-model.js";
import { isLayered, LAYERED_METHODS, LORA_DEFAULTS, PEFT_METHODS, type PeftName } from "./peft-methods.js";
import { flagOf } from "./training-arguments.js";

export interface AdapterFlags {
  readonly peft?: PeftName;
  readonly r?: number;
  readonly loraAlpha?: number;
  readonly loraDropout?: number;
  readonly useRslora?: boolean;
  readonly targetModules?: readonly string[];
  readonly numVirtualTokens?: number;
  readonly promptTuningInitText?: string;
  readonly prefixProjection?: boolean;
  readonly encoderHiddenSize?: number;
  readonly adapterConfig?: BottleneckPlaces;
  readonly reductionFactor?: number;
  readonly nonLinearity?: string;
  readonly quantize?: "int8";
  readonly merge?: boolean;
}

/** Methods that an option means something to */
const METHODS_OF: Readonly<Partial<Record<keyof AdapterFlags, readonly PeftName[]>>> = {
  r: ["lora", "dora"],
  loraAlpha: ["lora", "dora"],
  loraDropout: ["lora", "dora"],
  useRslora: ["lora", "dora"],
  targetModules: ["lora", "dora", "ia3"],
  numVirtualTokens: ["prompt", "prefix"],
  promptTuningInitText: ["prompt"],
  prefixProjection: ["prefix"],
  encoderHiddenSize: ["prefix"],
  adapterConfig: ["bottleneck"],
  reductionFactor: ["bottleneck"],
  nonLinearity: ["bottleneck"],
  merge: PEFT_METHODS,
};

/** @throws TetradError ARGUMENT for an option that the method at hand has no use for, UNSUPPORTED for a merge that cannot be */
function checkOptions(flags: AdapterFlags): void {
  const { peft } = flags;
  for (const [name, methods] of Object.entries(METHODS_OF)) {
    const value = flags[name as keyof AdapterFlags];
    if (value === undefined || value === false || (peft !== undefined && methods.includes(peft))) continue;
    const flag = flagOf(name);
    throw new CalledWrongly({
      op: "finetune",
      what: `${flag} means nothing to this training`,
      got: peft === undefined ? "no --peft" : `--peft ${peft}`,
      expected: `--peft ${methods.join(" or ")}`,
    });
  }
  if (flags.quantize !== undefined && peft === undefined)
    throw new CalledWrongly({
      op: "finetune",
      what: "layers that are rounded stand still, so that something else must be trained",
      got: `--quantize ${flags.quantize} without --peft`,
      expected: `--peft ${PEFT_METHODS.join(", ")}`,
    });
  if (flags.merge === true && peft !== undefined && !isLayered(peft))
    throw new TetradError("UNSUPPORTED", {
      op: "finetune",
      what: "this adapter cannot be merged: no weights of the base model do what it does",
      got: `--peft ${peft} --merge`,
      expected: LAYERED_METHODS.join(", "),
      hint: "leave --merge out; the folder opens like a model's",
    });
  if (flags.encoderHiddenSize !== undefined && flags.prefixProjection !== true)
    throw new CalledWrongly({
      op: "finetune",
      what: "--encoder-hidden-size is that of a projection",
      expected: "--prefix-projection",
    });
}

/** Modules of a task's head, by any model's name for them */
const HEADS = {
  SEQ_CLS: ["classifier", "score"],
  TOKEN_CLS: ["classifier", "score"],
  QUESTION_ANS: ["qa_outputs"],
  CAUSAL_LM: undefined,
  SEQ_2_SEQ_LM: undefined,
  FEATURE_EXTRACTION: undefined,
} as const;

type TaskType = keyof typeof HEADS | null;
type MethodFlags = AdapterFlags & { readonly model: string };

/**
 * The method that was asked for, if one was, and whether the layers that it leaves alone are rounded; heads of classes and tags are trained with it, as peft does.
 * @param taskType peft's name for it, null where it has none
 * @throws TetradError ARGUMENT, UNSUPPORTED for options that do not go together
 */
export function methodOf(flags: MethodFlags, taskType: TaskType): { readonly peft?: MakeMethod; readonly quantize?: "int8" } {
  checkOptions(flags);
  const { peft, quantize } = flags;
  return peft === undefined ? {} : { peft: makeMethod(peft, flags, taskType), ...defined({ quantize }) };
}

function makeMethod(peft: PeftName, flags: MethodFlags, taskType: TaskType): MakeMethod {
  const { model, targetModules, useRslora = false } = flags;
  const { r, loraAlpha, loraDropout } = { ...LORA_DEFAULTS, ...defined(flags) };
  const { numVirtualTokens, promptTuningInitText, prefixProjection, encoderHiddenSize, adapterConfig, reductionFactor, nonLinearity } =
    flags;
  const modulesToSave = taskType === null ? undefined : HEADS[taskType];
  const common = { taskType, base: baseName(model), targetModules, modulesToSave };
  if (peft === "ia3") return ia3(common);
  const { targetModules: _, ...bare } = common;
  if (peft === "prompt") return promptTuning({ ...bare, ...defined({ numVirtualTokens, promptTuningInitText }) });
  if (peft === "prefix") return prefixTuning({ ...bare, ...defined({ numVirtualTokens, prefixProjection, encoderHiddenSize }) });
  if (peft === "bottleneck") return bottleneck({ ...bare, ...defined({ architecture: adapterConfig, reductionFactor, nonLinearity }) });
  return lora({ ...common, r, loraAlpha, loraDropout, useRslora, useDora: peft === "dora" });
}

/** Says how much is trained, where that is not all. */
export function noteShare(terminal: Terminal, { store, adapted }: LanguageModel): void {
  if (adapted !== undefined) terminal.note(trainedShare(store));
}

/** Whether the folder will be an adapter's. */
export const writesAdapter = ({ peft, merge = false }: AdapterFlags): boolean => peft !== undefined && !merge;

/** The run with what is to be written: a plain model where the adapter is to be merged. @throws TetradError as `mergedModel` */
export async function written<Run extends { readonly model: LanguageModel }>(
  engine: Engine,
  run: Run,
  { merge = false }: AdapterFlags,
): Promise<Run> {
  return merge ? { ...run, model: await mergedModel(engine, run.model) } : run;
}
