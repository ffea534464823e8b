/** The work of `tetrad tokenizer train`. */
import { readRows, trainBpe, trainWordPiece } from "@tetrad/language";
import type { Context } from "../context.js";
import { chunksOf } from "../prepare/files.js";
import { duration } from "../progress.js";

export interface TokenizerTrainOptions {
  readonly type: "bpe" | "wordpiece";
  readonly vocabSize: number;
  readonly out: string;
  readonly text: string;
}

export async function tokenizerTrainAction(
  { terminal }: Context,
  corpus: readonly string[],
  { type, vocabSize, out, text }: TokenizerTrainOptions,
): Promise<void> {
  terminal.status("reading");
  const files = corpus.map((path) => ({ source: path, part: "train" as const, chunks: chunksOf(path) }));
  const rows: (readonly string[])[] = [];
  const { columns } = await readRows(files, { documents: "line", required: [text] }, ({ cells }) => rows.push(cells)).finally(() =>
    terminal.status(""),
  );
  const at = columns.indexOf(text);
  const texts = rows.map((cells) => cells[at] as string);
  const progress = terminal.progress("learning tokens");
  const begin = performance.now();
  const train = type === "bpe" ? trainBpe : trainWordPiece;
  const tokenizer = train(texts, { vocabSize, onToken: (tokens) => progress.update(tokens / vocabSize, `${tokens} of ${vocabSize}`) });
  progress.end();
  const seconds = (performance.now() - begin) / 1000;
  await tokenizer.save(out);
  if (tokenizer.size < vocabSize) terminal.note(`note: the texts give no more than ${tokenizer.size} tokens`);
  terminal.result(`${tokenizer.size} tokens from ${texts.length} texts in ${duration(seconds)}; saved in ${out}`, {
    tokenizer: out,
    type,
    tokens: tokenizer.size,
    texts: texts.length,
    seconds,
  });
}
