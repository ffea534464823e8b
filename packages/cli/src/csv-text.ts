/** Rows of cells as CSV text, and tables that have got columns more. */
import type { Table } from "@tetrad/engine";

export function csvText(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.map((cell) => quoted(String(cell))).join(",")).join("\n");
}

function quoted(cell: string): string {
  return /[",\n\r]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The name, or with a number behind it where a table has such a column. */
export function unusedName(name: string, columns: readonly string[]): string {
  let free = name;
  for (let i = 2; columns.includes(free); i++) free = `${name}_${i}`;
  return free;
}

type Cell = string | number | null;

/** The table with further columns behind its own, a value for each row: CSV, where null is an empty cell, or JSON lines. */
export function widenedTable({ columns, rows }: Table, added: Readonly<Record<string, readonly Cell[]>>, format: "csv" | "jsonl"): string {
  const names = [...columns, ...Object.keys(added)];
  const wide = rows.map((cells, row): Cell[] => [...cells, ...Object.values(added).map((values) => values[row] as Cell)]);
  if (format === "csv") return csvText([names, ...wide.map((row) => row.map((cell) => cell ?? ""))]);
  return wide.map((row) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))).join("\n");
}
