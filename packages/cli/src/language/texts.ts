/** Examples from files: texts and their classes from a table, tagged sentences from CoNLL columns. */
import { existsSync } from "node:fs";
import { columnIndex, decodeText, isMissing, parseJson, readBytes, type Table, TetradError } from "@tetrad/engine";
import { type LabelledText, type MultiLabelledText, type RatedText, readConll, readDataTable, type TaggedSentence } from "@tetrad/language";

export interface TextColumns {
  readonly text: string;
  readonly label: string;
}

export async function readTexts(path: string, column: string): Promise<string[]> {
  return columnOf(await readDataTable(await readBytes(path), path), column);
}

function columnOf(table: Table, column: string): string[] {
  const at = columnIndex(table, column);
  return table.rows.map((row) => row[at] as string);
}

/** Those that are not blank. @throws TetradError DATA where there is none */
export async function readWrittenTexts(path: string, column: string): Promise<string[]> {
  const texts = (await readTexts(path, column)).filter((text) => text.trim() !== "");
  if (texts.length > 0) return texts;
  throw new TetradError("DATA", { op: path, what: `column "${column}" has no text` });
}

/** A name that nobody means as a text. */
const FILE_NAME = /^\S+\.(csv|tsv|tab|jsonl|ndjson|json|txt|dat|parquet)$/i;

/** Whether a file is meant, there or not. */
export const isFile = (given: string): boolean => existsSync(given) || FILE_NAME.test(given);

/**
 * Texts of a file's column, or what was given as the one text where there is no such file.
 * @throws TetradError for a file's name where there is no such file
 */
export async function textsFrom(given: string, column: string): Promise<{ readonly texts: readonly string[]; readonly table?: Table }> {
  if (!isFile(given)) return { texts: [given] };
  const table = await readDataTable(await readBytes(given), given, { records: true });
  return { table, texts: columnOf(table, column) };
}

/** Rows with a class; `note` is told of those without. @throws TetradError DATA where none is left */
export async function readLabelled(path: string, columns: TextColumns, note: (text: string) => void): Promise<LabelledText[]> {
  const rows = await readAnswered(path, columns, "class", note);
  return rows.map(({ text, answer: label }) => ({ text, label }));
}

/** Rows with a number; `note` is told of those without. @throws TetradError DATA where none is left, and for a cell that is no number */
export async function readRated(path: string, columns: TextColumns, note: (text: string) => void): Promise<RatedText[]> {
  const rows = await readAnswered(path, columns, "number", note);
  return rows.map(({ text, answer, place }) => {
    return { text, value: numberIn(answer, { path, column: columns.label, place }) };
  });
}

/** @throws TetradError DATA for a cell that is no number */
export function numberIn(cell: string, { path, column, place }: Record<"path" | "column" | "place", string>): number {
  const value = cell === "" ? Number.NaN : Number(cell);
  if (Number.isFinite(value)) return value;
  throw new TetradError("DATA", { op: path, what: `column "${column}" is no number`, got: JSON.stringify(cell), at: place });
}

async function readAnswered(path: string, { text, label }: TextColumns, what: string, note: (text: string) => void) {
  const table = await readDataTable(await readBytes(path), path);
  const [textAt, labelAt] = [columnIndex(table, text), columnIndex(table, label)];
  const rows = table.rows
    .map((row, i) => ({ text: row[textAt] as string, answer: row[labelAt] as string, place: table.place(i) }))
    .filter(({ answer }) => !isMissing(answer));
  if (rows.length === 0) {
    throw new TetradError("DATA", { op: path, what: `no row has a ${what} in column "${label}"`, got: `${table.rows.length} rows` });
  }
  const without = table.rows.length - rows.length;
  if (without > 0) note(`note: ${without} rows of ${path} have no ${what} and are left out`);
  return rows;
}

/** Rows with any number of labels: a JSON list, or names between separators; an empty cell is none. @throws TetradError DATA for a list of other things than text */
export async function readMultiLabelled(path: string, { text, label }: TextColumns, separator: string): Promise<MultiLabelledText[]> {
  const table = await readDataTable(await readBytes(path), path, { nested: true });
  const [textAt, labelAt] = [columnIndex(table, text), columnIndex(table, label)];
  return table.rows.map((row, i) => {
    const cell = row[labelAt] as string;
    const list = cell.startsWith("[") ? jsonList(cell, table.place(i), path) : cell.split(separator).map((name) => name.trim());
    return { text: row[textAt] as string, labels: [...new Set(list.filter((name) => name !== ""))] };
  });
}

function jsonList(cell: string, at: string, path: string): string[] {
  const list = parseJson(new TextEncoder().encode(cell), at);
  if (Array.isArray(list) && list.every((name) => typeof name === "string")) return list;
  throw new TetradError("DATA", { op: path, what: "the labels are not a list of text", got: cell.slice(0, 60), at });
}

export async function readTagged(path: string): Promise<TaggedSentence[]> {
  return readConll(decodeText(await readBytes(path), path), path);
}
