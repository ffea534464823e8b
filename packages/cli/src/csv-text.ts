/** Rows of cells as CSV text. */

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
