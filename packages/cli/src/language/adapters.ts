/** Adapters by the command line: what is trained in the place of the whole model. */

import type { Engine } from "@tetrad/engine";
import { ia3, type LanguageModel, lora, type MakeMethod, mergedModel, trainedShare } from "@tetrad/language";
import type { Terminal } from "../terminal.js";
import { baseName } from "./find-model.js";

export interface AdapterFlags {
  readonly peft?: "lora" | "dora" | "ia3";
  readonly r: number;
  readonly loraAlpha: number;
  readonly loraDropout: number;
  readonly useRslora?: boolean;
  readonly targetModules?: readonly string[];
  readonly merge?: boolean;
}

/** The method that was asked for, if one was; heads of classes and tags are trained with it, as peft does. */
export function methodOf(
  flags: AdapterFlags & { readonly model: string },
  taskType: "SEQ_CLS" | "TOKEN_CLS" | "CAUSAL_LM",
): { readonly peft?: MakeMethod } {
  const { peft, model, targetModules, r, loraAlpha, loraDropout, useRslora = false } = flags;
  if (peft === undefined) return {};
  const modulesToSave = taskType === "CAUSAL_LM" ? undefined : ["classifier", "score"];
  const common = { taskType, base: baseName(model), targetModules, modulesToSave };
  if (peft === "ia3") return { peft: ia3(common) };
  return { peft: lora({ ...common, r, loraAlpha, loraDropout, useRslora, useDora: peft === "dora" }) };
}

/** Says how much is trained, where that is not all. */
export function noteShare(terminal: Terminal, { store, adapted }: LanguageModel): void {
  if (adapted !== undefined) terminal.note(trainedShare(store));
}

/** Whether the folder will be an adapter's. */
export const writesAdapter = ({ peft, merge = false }: AdapterFlags): boolean => peft !== undefined && !merge;

/** The run with what is to be written: a plain model where the adapter is to be merged. */
export function written<Run extends { readonly model: LanguageModel }>(engine: Engine, run: Run, { merge = false }: AdapterFlags): Run {
  return merge ? { ...run, model: mergedModel(engine, run.model) } : run;
}
