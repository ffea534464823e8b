/** Texts that are longer than a model reads, said once a command however often the model is asked. */
import type { Terminal } from "../terminal.js";

export function noteCut(terminal: Terminal): { readonly onCut: (texts: number) => void } {
  let told = false;
  return {
    onCut(texts) {
      if (!told) terminal.note(`note: ${texts} ${texts === 1 ? "text is" : "texts are"} longer than the model reads and cut`);
      told = true;
    },
  };
}
