/** Which of our kinds of folders a folder is: a network for a table, or a language model as Hugging Face lays it out, and for which task. */
import { existsSync } from "node:fs";
import { TetradError } from "@tetrad/engine";
import { configOf, MODEL_TYPES } from "@tetrad/language";
import type { ModelPlace } from "./find-model.js";

export type LanguageTask = "answer" | "classify" | "embed" | "mask" | "multi-label" | "regress" | "seq2seq" | "tag";

/** Whether it is a model that foretells next tokens. @throws TetradError IO where there is no config.json */
export async function isCausal({ folder, base }: ModelPlace): Promise<boolean> {
  // A checkpoint of llama2.c
  if (folder.endsWith(".bin")) return true;
  const [architecture] = [(await configOf(folder, base))["architectures"]].flat();
  return typeof architecture === "string" && /(ForCausalLM|LMHeadModel)$/.test(architecture);
}

/** By transformers' `problem_type`, which it leaves out where there is one class a text */
const KINDS: Readonly<Record<string, LanguageTask>> = { multi_label_classification: "multi-label", regression: "regress" };

/** Undefined for a network for a table. @throws TetradError IO where there is no config.json, UNSUPPORTED for a language model of another task */
export async function languageTask({ folder, base }: ModelPlace): Promise<LanguageTask | undefined> {
  const config = await configOf(folder, base);
  // Networks for tables have a model_type too, and no architectures.
  if (!Array.isArray(config["architectures"]) && !(MODEL_TYPES as readonly unknown[]).includes(config["model_type"])) return undefined;
  const [architecture] = (config["architectures"] ?? []) as readonly string[];
  if (architecture?.endsWith("ForSequenceClassification") === true) return KINDS[config["problem_type"] as string] ?? "classify";
  if (architecture?.endsWith("ForTokenClassification") === true) return "tag";
  if (architecture?.endsWith("ForQuestionAnswering") === true) return "answer";
  if (architecture?.endsWith("ForMaskedLM") === true) return "mask";
  if (architecture?.endsWith("ForConditionalGeneration") === true) return "seq2seq";
  // sentence-transformers' mark
  if (existsSync(`${folder}/modules.json`)) return "embed";
  throw new TetradError("UNSUPPORTED", {
    op: folder,
    what: "this model has no head for a task that is built",
    got: architecture ?? "no architecture in config.json",
    hint: "fine-tune it first: tetrad finetune classify, or tetrad finetune ner",
  });
}
