/** Which of our two kinds of folders a folder is: a network for a table, or a language model as Hugging Face lays it out. */
import { readBytes } from "@tetrad/engine";

/** @throws TetradError IO where there is no config.json */
export async function isLanguageModel(folder: string): Promise<boolean> {
  const text = new TextDecoder().decode(await readBytes(`${folder}/config.json`));
  return /"model_type"\s*:/.test(text);
}
