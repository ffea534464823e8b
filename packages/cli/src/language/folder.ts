/** Which of our kinds of folders a folder is: a network for a table, or a language model as Hugging Face lays it out, and for which task. */
import { TetradError } from "@tetrad/engine";
import { readConfig } from "@tetrad/language";

export type LanguageTask = "classify" | "tag";

/** Undefined for a network for a table. @throws TetradError IO where there is no config.json, UNSUPPORTED for a language model of another task */
export async function languageTask(folder: string): Promise<LanguageTask | undefined> {
  const config = await readConfig(folder);
  if (typeof config["model_type"] !== "string") return undefined;
  const [architecture] = (config["architectures"] ?? []) as readonly string[];
  if (architecture?.endsWith("ForSequenceClassification") === true) return "classify";
  if (architecture?.endsWith("ForTokenClassification") === true) return "tag";
  throw new TetradError("UNSUPPORTED", {
    op: folder,
    what: "this model has no head that puts texts into classes or finds entities",
    got: architecture ?? "no architecture in config.json",
    hint: "fine-tune it first: tetrad finetune classify, or tetrad finetune ner",
  });
}
