/** What a method of parameter-efficient training brings. */

import type { ApplyContext, JsonObject, ParamSpecs, StorableTensor } from "@tetrad/engine";
import type { Adapter, Backbone, Behind, Params, Virtual } from "../models/backbone.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { isModuleOf } from "./targets.js";

export type Values = Float32Array | Float64Array;

/** A layer's weight and perhaps offset. */
export interface LayerValues {
  readonly weight: Values;
  readonly bias?: Values | undefined;
}

export interface PeftMethod {
  /** Tensors that it adds and trains, under PEFT's names without `base_model.model.` */
  readonly params: ParamSpecs;
  /** Parameters of the base model that are trained besides. */
  trains(name: string): boolean;
  /** What stands in the place of each adapted layer. */
  adapters(params: Params, context: ApplyContext): ReadonlyMap<string, Adapter>;
  /** What stands behind parts of layers. */
  behind?(params: Params, context: ApplyContext): ReadonlyMap<string, Behind>;
  /** What stands before every sequence: as many tokens, of the tokenizer's making, or keys and values in attention */
  readonly virtual?: { readonly as: "words" | "keys"; readonly tokens: number; of(params: Params): Virtual };
  /** Values that depend on the base model's, or on a text, for a new adapter. */
  initial(base: (name: string) => Values, tokenizer?: Tokenizer): ReadonlyMap<string, Values>;
  /** Layers whose weights a merge changes; none where weights alone cannot do what the adapter does. */
  readonly merges: readonly string[];
  /** The weight and offset that do alone what layer and adapter do together. */
  merged(layer: string, base: LayerValues, own: (name: string) => Values): LayerValues;
  /** adapter_config.json, as Python's peft writes it. */
  readonly config: JsonObject;
  /** What stands for its own parameters in the file, where those are not to be written */
  saved?(own: (name: string) => Values): ReadonlyMap<string, StorableTensor>;
  /** The folder's files, where they are not peft's. @param model config.json of the whole model */
  files?(tensors: ReadonlyMap<string, StorableTensor>, model: JsonObject): Readonly<Record<string, Uint8Array | string>>;
}

/** Fields of adapter_config.json that every method has. */
export interface PeftConfig {
  /** SEQ_CLS, TOKEN_CLS, CAUSAL_LM, SEQ_2_SEQ_LM, FEATURE_EXTRACTION, …; null for hidden words, which peft has no name for */
  readonly taskType: string | null;
  /** Folder of the base model, as adapter_config.json names it */
  readonly base: string;
  /** Layers that get an adapter: ends of their names, or one pattern; "all-linear" for all; those that are usual for the model unless told */
  readonly targetModules?: readonly string[] | string | undefined;
  /** Modules that are trained whole and saved with the adapter, heads above all */
  readonly modulesToSave?: readonly string[] | undefined;
}

/** @param fresh parameters that the base model's file has not: what nobody else knows is trained and saved, too */
export type MakeMethod = (backbone: Backbone, fresh?: readonly string[]) => PeftMethod;

/** `modules_to_save` with the modules of fresh parameters. */
export function savedModules({ modulesToSave }: PeftConfig, fresh: readonly string[]): readonly string[] | undefined {
  const others = fresh.filter((name) => !isModuleOf(name, modulesToSave)).map((name) => name.slice(0, name.lastIndexOf(".")));
  // A module that lies in another is saved with that.
  const outer = [...new Set(others)].filter((name, _, them) => !them.some((other) => name.startsWith(`${other}.`)));
  const all = [...(modulesToSave ?? []), ...outer];
  return all.length === 0 ? undefined : all;
}

/** Fields of adapter_config.json that no method changes. */
export function commonConfig({ taskType, base, targetModules, modulesToSave }: PeftConfig): JsonObject {
  return {
    auto_mapping: null,
    base_model_name_or_path: base,
    inference_mode: true,
    modules_to_save: modulesToSave ?? null,
    revision: null,
    target_modules: targetModules ?? null,
    task_type: taskType,
  };
}
