/** Texts that are longer than a model reads, said once a command however often the model is asked. */
import { counted } from "../numbers.js";
import type { Terminal } from "../terminal.js";

export function noteCut(terminal: Terminal): { readonly onCut: (texts: number, maxTokens: number) => void } {
  let told = false;
  return {
    onCut(texts, maxTokens) {
      if (!told)
        terminal.note(
          `note: ${counted(texts, "text")} ${texts === 1 ? "is" : "are"} longer than the ${maxTokens} tokens that are read, and cut`,
        );
      told = true;
    },
  };
}
