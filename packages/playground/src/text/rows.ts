/** Which columns and rows of a user's table are learned, and which rows the model is measured on. */
import { columnIndex, isMissing, permute, type Table, TetradError } from "@tetrad/engine";
import type { LabelledText } from "@tetrad/language";
import type { Columns } from "./calls.js";

const TEXT = /^(text|sentence|content|question|query|review|title|body|message)s?$/i;
const LABEL = /^(label|class|category|intent|target|topic|sentiment)(es|s)?$/i;

/** By name, else the column of the longest cells and that of the fewest different ones. */
export function guessColumns({ columns, rows }: Table): Columns {
  const cells = (name: string) => rows.map((row) => row[columns.indexOf(name)] as string);
  const least = (names: readonly string[], measure: (name: string) => number) =>
    names.reduce((best, name) => (measure(name) < measure(best) ? name : best), names[0] ?? "");
  const text = columns.find((name) => TEXT.test(name)) ?? least(columns, (name) => -cells(name).join("").length);
  const others = columns.filter((name) => name !== text);
  const label = others.find((name) => LABEL.test(name)) ?? least(others, (name) => new Set(cells(name)).size);
  return { text, label };
}

/** Rows that have a text and a class. @throws TetradError DATA where none has */
export function labelledRows(table: Table, columns: Columns): LabelledText[] {
  const [text, label] = [columnIndex(table, columns.text), columnIndex(table, columns.label)];
  const all = table.rows.map((row) => ({ text: row[text] as string, label: row[label] as string }));
  const rows = all.filter((row) => row.text.trim() !== "" && !isMissing(row.label));
  if (rows.length > 0) return rows;
  throw new TetradError("DATA", { op: table.source, what: "no row has both a text and a class", hint: "choose other columns" });
}

/** Key of the permutation that rows are drawn by, which is the same in every run. */
const KEY = [0, 0x7e875] as const;
/** Texts kept back for each that is learned, as far as there are so many; a fifth of the file where there are not */
const HELD_SHARE = 0.5;
const LEAST_SHARE = 0.2;

export interface Parts {
  readonly learned: readonly LabelledText[];
  readonly held: readonly LabelledText[];
}

/** Files are often sorted by class, so that rows are drawn from all of it. What no learned row's class is cannot be measured, and is left out. */
export function drawnRows(rows: readonly LabelledText[], wanted: number): Parts {
  const drawn = rows.map((_, i) => rows[permute(i, rows.length, KEY)] as LabelledText);
  const learned = drawn.slice(0, Math.min(wanted, rows.length - Math.ceil(LEAST_SHARE * rows.length)));
  const known = new Set(learned.map(({ label }) => label));
  const rest = drawn.slice(learned.length).filter(({ label }) => known.has(label));
  const held = rest.slice(0, Math.max(1, Math.ceil(HELD_SHARE * learned.length)));
  if (held.length > 0) return { learned, held };
  throw new TetradError("DATA", {
    op: "rows",
    what: "no row is left to measure on",
    got: `${rows.length} rows with a class`,
    hint: "use a longer file, or learn from fewer rows",
  });
}
