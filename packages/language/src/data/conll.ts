/** CoNLL columns: a word a line with its tag last, sentences apart by empty lines. */

import { TetradError } from "@tetrad/engine";

export interface TaggedSentence {
  readonly words: readonly string[];
  readonly tags: readonly string[];
}

/**
 * Columns are split at tabs where a file has any, else at spaces; the first is the word, the last the tag. A byte-order mark, -DOCSTART- lines and comments are
 * left out.
 * @throws TetradError DATA for a line without a tag, and for a file without sentences
 */
export function readConll(text: string, source = "file"): TaggedSentence[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const separator = lines.some((line) => line.includes("\t")) ? /\t/ : / +/;
  const sentences: TaggedSentence[] = [];
  let [words, tags]: [string[], string[]] = [[], []];
  const close = () => {
    if (words.length > 0) sentences.push({ words, tags });
    [words, tags] = [[], []];
  };
  lines.forEach((line, i) => {
    if (line.trim() === "" || line.startsWith("-DOCSTART-")) return close();
    // CoNLL-U's `# name = value`; a hash with a tag alone is a word.
    if (/^# \S+ = /.test(line)) return;
    const columns = line.replace(/\s+$/, "").split(separator);
    if (columns.length < 2) {
      if (line.startsWith("# ")) return;
      throw new TetradError("DATA", {
        op: source,
        what: "a line has no tag",
        got: JSON.stringify(line.slice(0, 60)),
        expected: "a word, perhaps further columns, and its tag last",
        at: `${source}:${i + 1}`,
      });
    }
    words.push(columns[0] as string);
    tags.push(columns.at(-1) as string);
  });
  close();
  if (sentences.length === 0)
    throw new TetradError("DATA", { op: source, what: "there is no sentence", expected: "a word and its tag a line" });
  return sentences;
}
