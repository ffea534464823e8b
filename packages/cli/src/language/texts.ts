/** Examples from files: texts and their classes from a table, tagged sentences from CoNLL columns. */
import { existsSync } from "node:fs";
import { columnIndex, decodeText, isMissing, readBytes, readTable, TetradError } from "@tetrad/engine";
import { type LabelledText, readConll, type TaggedSentence } from "@tetrad/language";

export interface TextColumns {
  readonly text: string;
  readonly label: string;
}

export async function readTexts(path: string, column: string): Promise<string[]> {
  const table = readTable(await readBytes(path), path);
  const at = columnIndex(table, column);
  return table.rows.map((row) => row[at] as string);
}

/** Texts of a file's column, or what was given as the one text where there is no such file. */
export async function textsFrom(given: string, column: string): Promise<{ readonly texts: readonly string[]; readonly isFile: boolean }> {
  const isFile = existsSync(given);
  return { isFile, texts: isFile ? await readTexts(given, column) : [given] };
}

/** Rows with a class; `note` is told of those without. @throws TetradError DATA where none is left */
export async function readLabelled(path: string, { text, label }: TextColumns, note: (text: string) => void): Promise<LabelledText[]> {
  const table = readTable(await readBytes(path), path);
  const [textAt, labelAt] = [columnIndex(table, text), columnIndex(table, label)];
  const rows = table.rows
    .map((row) => ({ text: row[textAt] as string, label: row[labelAt] as string }))
    .filter((row) => !isMissing(row.label));
  if (rows.length === 0) {
    throw new TetradError("DATA", { op: path, what: `no row has a class in column "${label}"`, got: `${table.rows.length} rows` });
  }
  const without = table.rows.length - rows.length;
  if (without > 0) note(`note: ${without} rows of ${path} have no class and are left out`);
  return rows;
}

export async function readTagged(path: string): Promise<TaggedSentence[]> {
  return readConll(decodeText(await readBytes(path), path), path);
}
