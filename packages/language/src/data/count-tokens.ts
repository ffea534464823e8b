/** How many tokens each row's text has, counted before anything else is done with the rows: by workers too, where that pays. */
import { encodeAll } from "../tokenizer/encode-all.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { Numbers } from "./hash-index.js";
import { cellOf, type DataRows } from "./rows.js";

export interface TokenCounts {
  /** By row: tokens, special ones among them, and those of them that the vocabulary has not */
  readonly tokens: Numbers;
  readonly unknown: Numbers;
}

/** Texts that are in memory at a time, with their tokens: some tens of MB, and enough work for workers to be started for. */
const BLOCK = 1 << 17;

/** @param onProgress told of rows that are through @throws TetradError as `Tokenizer.encode` */
export async function countTokens(
  rows: DataRows,
  column: string,
  tokenizer: Tokenizer,
  onProgress?: (rows: number) => void,
): Promise<TokenCounts> {
  const textOf = cellOf(rows, column);
  const counts = { tokens: new Numbers(), unknown: new Numbers() };
  let texts: string[] = [];
  const flush = async () => {
    const before = counts.tokens.length;
    const encoded = await encodeAll(tokenizer, texts, { onProgress: (done) => onProgress?.(before + done) });
    for (const { ids } of encoded) {
      counts.tokens.push(ids.length);
      counts.unknown.push(tokenizer.unknownId === undefined ? 0 : ids.filter((id) => id === tokenizer.unknownId).length);
    }
    texts = [];
  };
  for (const row of rows) if (texts.push(textOf(row)) === BLOCK) await flush();
  await flush();
  return counts;
}
