/** Words and normal forms of texts, for counting and comparing; models have tokenizers of their own. */

/** Runs of letters, marks and digits, in lower case. Scripts without spaces have no words in this sense, only runs. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** What two texts have in common that are told apart by case, white space and forms of Unicode alone. */
export function normalForm(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/\s+/gu, " ").trim();
}

/** As much of a text as a report shows; never half of a surrogate pair. */
export function beginning(text: string, most = 120): string {
  return text.slice(0, most).replace(/\p{Cs}$/u, "");
}
