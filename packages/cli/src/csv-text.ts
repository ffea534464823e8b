/** Rows of cells as text, and tables that have got columns more. */
import type { Table, TableFormat } from "@tetrad/engine";

export function csvText(rows: readonly (readonly (string | number)[])[], separator: "," | "\t" = ","): string {
  return rows.map((row) => row.map((cell) => quoted(String(cell), separator)).join(separator)).join("\n");
}

function quoted(cell: string, separator: string): string {
  return /["\n\r]|^\s|\s$/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The name, or with a number behind it where a table has such a column. */
export function unusedName(name: string, columns: readonly string[]): string {
  let free = name;
  for (let i = 2; columns.includes(free); i++) free = `${name}_${i}`;
  return free;
}

/** @param added further columns, a value for each row: in a cell null is empty, and lists and objects are JSON text; JSON has them and the table's records as they are */
export function widenedTable(table: Table, added: Readonly<Record<string, readonly unknown[]>>, format: TableFormat): string {
  const names = Object.keys(added);
  const values = (row: number) => names.map((name) => added[name]?.[row]);
  if (format === "csv" || format === "tsv") {
    const rows = table.rows.map((cells, row) => [...cells, ...values(row).map(cellOf)]);
    return csvText([[...table.columns, ...names], ...rows], format === "tsv" ? "\t" : ",");
  }
  const records = table.rows.map((cells, row) => ({
    ...(table.records?.[row] ?? fromEntries(table.columns, cells)),
    ...fromEntries(names, values(row)),
  }));
  return format === "json" ? JSON.stringify(records, undefined, 2) : records.map((record) => JSON.stringify(record)).join("\n");
}

function fromEntries(names: readonly string[], values: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

function cellOf(value: unknown): string | number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
}
