/** Which of our kinds of folders a folder is: a network for a table, or a language model as Hugging Face lays it out, and for which task. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { TetradError } from "@tetrad/engine";
import { baseFolder, MODEL_TYPES, readAdapter, readConfig } from "@tetrad/language";
import type { Context } from "../context.js";
import { hubModelIn } from "./hub-name.js";

export type LanguageTask = "answer" | "classify" | "embed" | "mask" | "multi-label" | "regress" | "tag";

/** By transformers' `problem_type`, which it leaves out where there is one class a text */
const KINDS: Readonly<Record<string, LanguageTask>> = { multi_label_classification: "multi-label", regression: "regress" };

/** Undefined for a network for a table. @throws TetradError IO where there is no config.json, UNSUPPORTED for a language model of another task */
export async function languageTask(folder: string): Promise<LanguageTask | undefined> {
  const config = await readConfig(folder);
  // Networks for tables have a model_type too, and no architectures.
  if (!Array.isArray(config["architectures"]) && !(MODEL_TYPES as readonly unknown[]).includes(config["model_type"])) return undefined;
  const [architecture] = (config["architectures"] ?? []) as readonly string[];
  if (architecture?.endsWith("ForSequenceClassification") === true) return KINDS[config["problem_type"] as string] ?? "classify";
  if (architecture?.endsWith("ForTokenClassification") === true) return "tag";
  if (architecture?.endsWith("ForQuestionAnswering") === true) return "answer";
  if (architecture?.endsWith("ForMaskedLM") === true) return "mask";
  // sentence-transformers' mark
  if (existsSync(`${folder}/modules.json`)) return "embed";
  throw new TetradError("UNSUPPORTED", {
    op: folder,
    what: "this model has no head for a task that is built",
    got: architecture ?? "no architecture in config.json",
    hint: "fine-tune it first: tetrad finetune classify, or tetrad finetune ner",
  });
}

/** Where a model is that a command was given. */
export interface ModelPlace {
  /** Its folder, or its checkpoint of llama2.c */
  readonly folder: string;
  /** The same of an adapter's base model */
  readonly base?: string;
  /** The GGUF file of the model's folder, or of the base model's, where that is what holds its weights */
  readonly gguf?: string;
}

/**
 * @param given a folder, a GGUF file or a checkpoint of llama2.c in one, or the name of a model of the Hub, which is fetched
 * @throws TetradError ARGUMENT for a folder with several files to choose from; as `fetchModel`
 */
export async function findModel(context: Context, given: string): Promise<ModelPlace> {
  const place = await placeOf(context, given);
  if (!existsSync(`${place.folder}/adapter_config.json`)) return place;
  const { folder: base, gguf } = await placeOf(context, baseFolder(await readAdapter(place.folder), place.folder));
  return { folder: place.folder, base, ...(gguf !== undefined && { gguf }) };
}

/** The folder of a tokenizer, for which no weights are fetched. @throws TetradError as `fetchModel` */
export async function findTokenizer(context: Context, given: string): Promise<string> {
  const named = existsSync(given) ? undefined : hubModelIn(given);
  return named === undefined ? given : (await import("./hub.js")).fetchModel(context, named, "tokenizer");
}

/** What an adapter's folder says of its base model: a name of the Hub as it is, and a path from anywhere. */
export const baseName = (given: string): string => (existsSync(given) ? resolve(given) : given);

async function placeOf(context: Context, given: string): Promise<ModelPlace> {
  const named = existsSync(given) ? undefined : hubModelIn(given);
  if (named !== undefined) {
    const folder = await (await import("./hub.js")).fetchModel(context, named);
    return { folder, ...(named.gguf !== undefined && { gguf: named.gguf }) };
  }
  if (given.endsWith(".gguf")) return { folder: dirname(given), gguf: basename(given) };
  // None where there is no such folder: whoever opens it says so.
  const names = await readdir(given).catch((): string[] => []);
  const only = (kind: string, files: readonly string[]): string | undefined => {
    if (files.length < 2) return files[0];
    throw new TetradError("ARGUMENT", {
      op: given,
      what: `there are several ${kind}`,
      got: files.join(", "),
      hint: `name the one to use: ${given}/${files[0]}`,
    });
  };
  if (names.some((name) => /^(adapter_config\.json|model.*\.safetensors)$/.test(name))) return { folder: given };
  const gguf = only(
    "GGUF files",
    names.filter((name) => name.endsWith(".gguf")),
  );
  if (gguf !== undefined) return { folder: given, gguf };
  const checkpoint = names.includes("config.json")
    ? undefined
    : only(
        "checkpoints",
        names.filter((name) => name.endsWith(".bin") && !/^tok(enizer|\d+)\.bin$/.test(name)),
      );
  return { folder: checkpoint === undefined ? given : `${given}/${checkpoint}` };
}
