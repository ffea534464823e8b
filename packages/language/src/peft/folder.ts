/** Adapter folders as Python's peft writes and reads them: adapter_config.json and adapter_model.safetensors. */

import {
  type JsonObject,
  openSafetensors,
  parseJsonObject,
  readBytes,
  type SafetensorsFile,
  type StorableTensor,
  TetradError,
  writeSafetensors,
} from "@tetrad/engine";
import { ConfigFields } from "../models/config.js";
import { labelFields } from "../tasks/labels.js";
import { optional } from "../weights/read.js";
import { isBottleneck, readBottleneck } from "./bottleneck-folder.js";
import { ia3 } from "./ia3.js";
import { lora } from "./lora.js";
import type { MakeMethod } from "./method.js";
import { prefixTuning } from "./prefix.js";
import { PROMPT_EMBEDDINGS, type PromptInit, promptTuning } from "./prompt.js";

const PREFIX = "base_model.model.";
/** The same of methods that change no layer, whose base model peft does not wrap */
const PROMPT_PREFIX = "base_model.";
/** What peft puts into the name of an adapted layer's own parameters. */
const BASE_LAYER = ".base_layer.";
const CONFIG = "adapter_config.json";
const TENSORS = "adapter_model.safetensors";

export interface AdapterFolder {
  readonly config: JsonObject;
  readonly method: MakeMethod;
  readonly tensors: Pick<SafetensorsFile, "entries" | "read">;
  /** Of each parameter, its name in the file */
  readonly names: ReadonlyMap<string, string>;
  /** The config.json that we write beside an adapter and peft does not */
  modelConfig(): Promise<JsonObject | undefined>;
}

/** What transformers calls models with the heads that peft's types of tasks have */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  SEQ_CLS: "ForSequenceClassification",
  TOKEN_CLS: "ForTokenClassification",
  QUESTION_ANS: "ForQuestionAnswering",
};

/**
 * The base model's config.json with the head that an adapter's folder brings, for peft writes none: as transformers has it of a new head of so many classes, whose
 * names only the program that trained it knows.
 */
export function configWithHead(base: JsonObject, { config, tensors, names }: AdapterFolder): JsonObject {
  const ending = ARCHITECTURES[config["task_type"] as string];
  const head = [...names.keys()].find((name) => /^(classifier|score|qa_outputs)(\.out_proj)?\.weight$/.test(name));
  const count = tensors.entries.get(names.get(head ?? "") ?? "")?.shape[0];
  if (ending === undefined || count === undefined) return base;
  const [architecture = ""] = [base["architectures"]].flat() as readonly string[];
  const labels = Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  return {
    ...base,
    architectures: [architecture.replace(/(Model|For\w+)$/, "") + ending],
    ...(ending !== ARCHITECTURES["QUESTION_ANS"] && labelFields(labels)),
  };
}

/** @throws TetradError IO, FORMAT; UNSUPPORTED for a method that is not built */
export async function readAdapter(folder: string): Promise<AdapterFolder> {
  const config = parseJsonObject(await readBytes(`${folder}/${CONFIG}`), `${folder}/${CONFIG}`);
  const modelConfig = async () => {
    const bytes = await optional(`${folder}/config.json`);
    return bytes === undefined ? undefined : parseJsonObject(bytes, `${folder}/config.json`);
  };
  if (isBottleneck(config)) return { ...(await readBottleneck(folder, config)), config, modelConfig };
  const tensors = openSafetensors(await readBytes(`${folder}/${TENSORS}`), `${folder}/${TENSORS}`);
  const prefix = prefixOf(config);
  const plain = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name).replace(BASE_LAYER, ".");
  const names = new Map([...tensors.entries.keys()].map((name) => [plain(name), name]));
  return {
    config,
    method: methodOf(config, `${folder}/${CONFIG}`),
    tensors,
    names,
    modelConfig,
  };
}

/** The method that an adapter_config.json describes. @throws TetradError FORMAT, UNSUPPORTED */
export function methodOf(config: JsonObject, source = CONFIG): MakeMethod {
  const fields = new ConfigFields(config, source);
  const list = (name: string) => config[name] as readonly string[] | null | undefined;
  const targets = config["target_modules"];
  const common = {
    taskType: fields.text("task_type", "") || null,
    base: fields.text("base_model_name_or_path", ""),
    targetModules: typeof targets === "string" ? targets : ((targets ?? []) as readonly string[]),
    modulesToSave: list("modules_to_save") ?? undefined,
  };
  const type = fields.text("peft_type");
  if (type === "IA3") return ia3({ ...common, feedforwardModules: list("feedforward_modules") ?? [] });
  if (type === "PROMPT_TUNING" || type === "PREFIX_TUNING") {
    fields.only("num_transformer_submodules", 1);
    const virtual = { ...common, numVirtualTokens: fields.whole("num_virtual_tokens") };
    if (type === "PREFIX_TUNING") {
      // A file has what the projection makes, not the projection.
      const hidden = fields.whole("encoder_hidden_size", 1);
      return prefixTuning({ ...virtual, trainedAs: { projection: fields.flag("prefix_projection", false), encoderHiddenSize: hidden } });
    }
    const init = fields.text("prompt_tuning_init", "RANDOM") as PromptInit;
    return promptTuning({ ...virtual, promptTuningInit: init, promptTuningInitText: fields.text("prompt_tuning_init_text", "") });
  }
  if (type === "LORA") {
    for (const name of ["rank_pattern", "alpha_pattern"]) {
      if (Object.keys((config[name] ?? {}) as object).length > 0) fields.only(name);
    }
    fields.only("lora_bias", false);
    fields.only("layers_to_transform");
    return lora({
      ...common,
      r: fields.whole("r", 8),
      loraAlpha: fields.real("lora_alpha", 8),
      loraDropout: fields.real("lora_dropout", 0),
      useRslora: fields.flag("use_rslora", false),
      useDora: fields.flag("use_dora", false),
      bias: fields.text("bias", "none") as "none" | "lora_only" | "all",
    });
  }
  throw new TetradError("UNSUPPORTED", {
    op: source,
    what: "this method is not built",
    got: type,
    expected: "LORA (with DoRA), IA3, PROMPT_TUNING, PREFIX_TUNING",
  });
}

const prefixOf = ({ peft_type: type }: JsonObject): string =>
  type === "PROMPT_TUNING" || type === "PREFIX_TUNING" ? PROMPT_PREFIX : PREFIX;

/**
 * An adapter's own files, by name.
 * @param tensors under PEFT's names without what stands before them all
 * @param body what names begin with that belongs to models with heads alone, where the adapter is of a model without one
 */
export function adapterFiles(
  config: JsonObject,
  tensors: ReadonlyMap<string, StorableTensor>,
  body = "",
): Readonly<Record<string, Uint8Array | string>> {
  const prefix = prefixOf(config);
  const plain = (name: string) => (name.startsWith(body) ? name.slice(body.length) : name);
  const named = new Map([...tensors].map(([name, tensor]) => [name === PROMPT_EMBEDDINGS ? name : `${prefix}${plain(name)}`, tensor]));
  const sorted = Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { [TENSORS]: writeSafetensors(named, { format: "pt" }), [CONFIG]: `${JSON.stringify(sorted, null, 2)}\n` };
}

/** The base model's folder; a relative one is taken from the adapter's. @throws TetradError FORMAT where none is named, UNSUPPORTED for an address */
export function baseFolder({ config }: AdapterFolder, folder: string): string {
  const base = config["base_model_name_or_path"] ?? config["model_name"];
  // Who opens a folder has not asked to have a server called that the folder names.
  if (typeof base === "string" && /^\w+:\/\//.test(base)) {
    throw new TetradError("UNSUPPORTED", {
      op: `${folder}/adapter_config.json`,
      what: "the base model is at an address",
      got: base,
      hint: "say yourself where the base model is",
    });
  }
  if (typeof base === "string" && base !== "") return base.startsWith(".") ? `${folder}/${base}` : base;
  throw new TetradError("FORMAT", {
    op: `${folder}/adapter_config.json`,
    what: 'neither "base_model_name_or_path" nor "model_name" names the base model',
  });
}
