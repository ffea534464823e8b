/** A table of text cells with named columns: what a data file is before anyone decides which column is a number. */
import { didYouMean, TetradError } from "../errors.js";

export interface Table {
  /** File name for messages. */
  readonly source: string;
  /** Unique, in file order. */
  readonly columns: readonly string[];
  /** Trimmed cells; a missing value is one of the missing tokens, in JSON also an absent key or null. */
  readonly rows: readonly (readonly string[])[];
  /** Of JSON, where they were asked for: the records that the rows were made from, with numbers, lists and blanks as they stood. */
  readonly records?: readonly Readonly<Record<string, unknown>>[];
  /** Where a row stands in the file, as `file:line` or `file, record n`. */
  readonly place: (row: number) => string;
}

/** A row of a file that is read piece by piece. */
export interface StreamedRow {
  /** Fewer than there are columns where keys turn up later in the file: what is missing is empty */
  readonly cells: readonly string[];
  readonly line: number;
  /** Of JSON, where records were asked for */
  readonly record?: unknown;
}

export interface RowReader {
  /** Those met so far. */
  readonly columns: readonly string[];
  /** @param piece whole lines; @param last none follow */
  read(piece: string, last: boolean): StreamedRow[];
}

/** Cells that mean "no value", compared without regard to case. "?" is that of the UCI archive. */
const MISSING = new Set(["", "na", "n/a", "nan", "null", "none", "?"]);

export function isMissing(cell: string): boolean {
  return MISSING.has(cell) || (cell.length <= 4 && MISSING.has(cell.toLowerCase()));
}

/** @throws TetradError DATA naming the columns there are */
export function columnIndex(table: Pick<Table, "source" | "columns">, name: string): number {
  const index = table.columns.indexOf(name);
  if (index >= 0) return index;
  throw new TetradError("DATA", {
    op: table.source,
    what: `there is no column ${JSON.stringify(name)}`,
    expected: `one of ${listed(table.columns)}`,
    hint: didYouMean(name, table.columns) ?? "name a column of the header line",
  });
}

/** Names for a message: as many as a reader reads, and how many more there are. */
export function listed(names: readonly string[], most = 12): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
