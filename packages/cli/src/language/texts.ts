/** Texts and their classes from a table. */
import { columnIndex, isMissing, readBytes, readTable, type Table, TetradError } from "@tetrad/engine";
import type { LabelledText } from "@tetrad/language";

export interface TextColumns {
  readonly text: string;
  readonly label: string;
}

export async function readTexts(path: string, column: string): Promise<string[]> {
  const table = readTable(await readBytes(path), path);
  const at = columnIndex(table, column);
  return table.rows.map((row) => row[at] as string);
}

/** @returns the rows, and how many were left out because they have no class. @throws TetradError DATA where none is left */
export async function readLabelled(path: string, { text, label }: TextColumns): Promise<{ rows: LabelledText[]; unlabelled: number }> {
  const table: Table = readTable(await readBytes(path), path);
  const [textAt, labelAt] = [columnIndex(table, text), columnIndex(table, label)];
  const rows = table.rows
    .map((row) => ({ text: row[textAt] as string, label: row[labelAt] as string }))
    .filter((row) => !isMissing(row.label));
  if (rows.length === 0) {
    throw new TetradError("DATA", { op: path, what: `no row has a class in column "${label}"`, got: `${table.rows.length} rows` });
  }
  return { rows, unlabelled: table.rows.length - rows.length };
}
