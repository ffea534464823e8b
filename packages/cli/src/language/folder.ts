/** Which of our kinds of folders a folder is: a network for a table, or a language model as Hugging Face lays it out, and for which task. */
import { readdir } from "node:fs/promises";
import { TetradError } from "@tetrad/engine";
import { baseFolder, MODEL_TYPES, readAdapter, readConfig } from "@tetrad/language";

export type LanguageTask = "classify" | "multi-label" | "regress" | "tag";

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
  throw new TetradError("UNSUPPORTED", {
    op: folder,
    what: "this model has no head that puts texts into classes or finds entities",
    got: architecture ?? "no architecture in config.json",
    hint: "fine-tune it first: tetrad finetune classify, or tetrad finetune ner",
  });
}

/**
 * The GGUF file of a folder, or of an adapter's base model, that has one and no safetensors.
 * @throws TetradError ARGUMENT where there are several to choose from
 */
export async function ggufIn(given: string): Promise<{ readonly gguf?: string }> {
  const own = await namesIn(given);
  const folder = own.includes("adapter_config.json") ? baseFolder(await readAdapter(given), given) : given;
  const names = folder === given ? own : await namesIn(folder);
  const files = names.filter((name) => name.endsWith(".gguf"));
  if (files.length === 0 || names.some((name) => /^model.*\.safetensors$/.test(name))) return {};
  if (files.length === 1) return { gguf: files[0] as string };
  throw new TetradError("ARGUMENT", {
    op: folder,
    what: "there are several GGUF files",
    got: files.join(", "),
    hint: "leave only the one to use in the folder",
  });
}

/** None where there is no such folder: whoever opens it says so. */
function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((): string[] => []);
}
