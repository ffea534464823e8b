/** What a column holds: numbers or categories, and the numbers themselves, with an error that names the cell where they are not. */
import { TetradError } from "../errors.js";
import { columnIndex, isMissing, type Table } from "./table.js";

export type ColumnKind = "number" | "category";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The cell's number; undefined for anything else, such as text, a missing value or infinity. */
export function cellNumber(cell: string): number | undefined {
  if (!NUMBER.test(cell)) return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * A column is one of numbers when at least half of its values are: a slip of the pen in a column of numbers is an error to report,
 * never a silent change of the column's meaning.
 */
export function columnKind(table: Table, name: string): ColumnKind {
  const index = columnIndex(table, name);
  let values = 0;
  let numbers = 0;
  for (const row of table.rows) {
    const cell = row[index] as string;
    if (isMissing(cell)) continue;
    values++;
    if (cellNumber(cell) !== undefined) numbers++;
  }
  return values > 0 && 2 * numbers >= values ? "number" : "category";
}

/**
 * A column as numbers, NaN where a value is missing and `missing` is "nan".
 * @param rows which rows, all of them by default
 * @throws TetradError DATA naming file, line and column of the first cell that is not a finite number
 */
export function numberColumn(
  table: Table,
  name: string,
  missing: "error" | "nan" = "error",
  rows?: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const index = columnIndex(table, name);
  const n = rows?.length ?? table.rows.length;
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = rows?.[i] ?? i;
    const cell = (table.rows[row] as readonly string[])[index] as string;
    const value = cellNumber(cell);
    if (value !== undefined) values[i] = value;
    else if (isMissing(cell)) values[i] = missing === "nan" ? NaN : missingValue(table, name, row, cell);
    else notANumber(table, name, row, cell);
  }
  return values;
}

/** @throws TetradError DATA, always */
export function missingValue(table: Table, name: string, row: number, cell: string, hint = "fill it in or remove the row"): never {
  throw new TetradError("DATA", {
    op: table.source,
    what: `column ${JSON.stringify(name)} has a missing value`,
    got: JSON.stringify(cell),
    at: table.place(row),
    hint,
  });
}

function notANumber(table: Table, name: string, row: number, cell: string): never {
  const shown = JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell);
  const infinite = /^[+-]?inf(inity)?$/i.test(cell) || NUMBER.test(cell);
  const hint = infinite
    ? "correct the value or remove the row"
    : /^[+-]?\d{1,3}(,\d+)+$/.test(cell)
      ? "write numbers with a decimal point and without thousands separators"
      : "correct the cell, or leave it empty if the value is missing";
  throw new TetradError("DATA", {
    op: table.source,
    what: `column ${JSON.stringify(name)} holds ${infinite ? "a value that is not finite" : "text where a number should be"}`,
    got: shown,
    expected: "a finite number",
    at: table.place(row),
    hint,
  });
}
