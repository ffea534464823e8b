/** Pairs of texts from a table: alike, or one to be made of the other. */
import { columnIndex, readBytes } from "@tetrad/engine";
import { readDataTable, type SourceTarget, type TextPair } from "@tetrad/language";
import { numberIn } from "./texts.js";
import type { Seq2SeqColumns } from "./writing.js";

export interface PairColumns {
  readonly first: string;
  readonly second: string;
  /** The column of scores, if there is one */
  readonly score?: string;
}

/** @throws TetradError DATA for a column that is not there, and for a score that is no number */
export async function readPairs(path: string, { first, second, score }: PairColumns): Promise<TextPair[]> {
  const table = await readDataTable(await readBytes(path), path);
  const [firstAt, secondAt] = [columnIndex(table, first), columnIndex(table, second)];
  const scoreAt = score === undefined ? undefined : columnIndex(table, score);
  return table.rows.map((row, i) => {
    const pair = { first: row[firstAt] as string, second: row[secondAt] as string };
    if (scoreAt === undefined) return pair;
    const cell = row[scoreAt] as string;
    return { ...pair, score: numberIn(cell, { path, column: score as string, place: table.place(i) }) };
  });
}

/** @throws TetradError DATA for a column that is not there */
export async function readSourcesTargets(path: string, { source, target }: Seq2SeqColumns): Promise<SourceTarget[]> {
  const pairs = await readPairs(path, { first: source, second: target });
  return pairs.map(({ first, second }) => ({ source: first, target: second }));
}
