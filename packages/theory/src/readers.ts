/** Data files as cosmologists publish them: columns of text separated by blanks, named by a comment line or by custom. */

import { readTable, type Table, TetradError } from "@tetrad/engine";

/**
 * - `table`: CSV, TSV, JSON by the file's ending, else columns of text whose names stand in the last comment line above them;
 * - `supernovae`: the `lcparam` files of JLA and Pantheon (`#name zcmb zhel dz mb dmb …`; M. Betoule et al., A&A 568 (2014) A22);
 * - `bao`: z, value, quantity, as SDSS and DESI publish their means (`DM_over_rs`, `DH_over_rs`, `DV_over_rs`): each quantity becomes a column that is 1 in its rows and 0 elsewhere;
 * - `hz`: z, H, sigma_H;
 * - `bandpowers`: ell, power, error, as Planck's `plik_lite` spectra (Planck 2018 V, arXiv:1907.12875).
 */
export type DataFormat = "table" | "supernovae" | "bao" | "hz" | "bandpowers";

/** Names by position, for files without a header. */
const CUSTOMARY: Readonly<Record<Exclude<DataFormat, "table">, readonly string[]>> = {
  supernovae: ["name", "zcmb", "zhel", "dz", "mb", "dmb"],
  bao: ["z", "value", "quantity"],
  hz: ["z", "H", "sigma_H"],
  bandpowers: ["ell", "power", "error"],
};

/** True for file names whose ending `readTable` knows. */
export function isTabular(source: string): boolean {
  return /\.(csv|tsv|tab|jsonl|ndjson|json)$/i.test(source);
}

/**
 * @param text of the file
 * @param source file name; its ending tells what a `table` is
 * @throws DATA for no rows, ragged rows, columns without names or named twice
 */
export function readDataText(text: string, source: string, format: DataFormat): Table {
  if (isTabular(source)) return readTable(text, source);
  const table = readTextColumns(text, source, format === "table" ? undefined : CUSTOMARY[format]);
  return format === "bao" ? withIndicators(table, "quantity") : table;
}

/** Blank-separated columns. A line of # comments right above the first row names them if it has as many words; `customary` else. */
function readTextColumns(text: string, source: string, customary: readonly string[] | undefined): Table {
  const rows: string[][] = [];
  const lines: number[] = [];
  let comment: string[] | undefined;
  for (const [i, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n?|\n/)
    .entries()) {
    const line = raw.trim();
    if (line === "") continue;
    if (line.startsWith("#")) {
      if (rows.length === 0) comment = words(line.replace(/^#+/, ""));
      continue;
    }
    rows.push(words(line));
    lines.push(i + 1);
  }
  const [first] = rows;
  if (first === undefined) throw new TetradError("DATA", { op: source, what: "the file holds no rows" });
  const place = (row: number): string => `${source}:${lines[row]}`;
  const columns = comment?.length === first.length ? comment : customary?.slice(0, first.length);
  if (columns === undefined) {
    throw new TetradError("DATA", {
      op: source,
      what: "the columns have no names",
      expected: `a line "# name name …" of ${first.length} words above the first row`,
      at: place(0),
    });
  }
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new TetradError("DATA", { op: source, what: `two columns are named ${JSON.stringify(twice)}` });
  rows.forEach((row, i) => {
    if (row.length === first.length) return;
    throw new TetradError("DATA", {
      op: source,
      what: "a row has another number of columns than the first",
      got: `${row.length}`,
      expected: `${first.length}`,
      at: place(i),
    });
  });
  return { source, columns, rows: rows.map((row) => row.slice(0, columns.length)), place };
}

function words(line: string): string[] {
  return line.split(/[\s,;]+/).filter((word) => word !== "");
}

/** @returns the table with a column for each word of a column of words: 1 where it stands, 0 elsewhere */
function withIndicators(table: Table, name: string): Table {
  const index = table.columns.indexOf(name);
  if (index < 0)
    throw new TetradError("DATA", {
      op: table.source,
      what: `there is no column ${JSON.stringify(name)}`,
      expected: table.columns.join(", "),
    });
  const kinds = [...new Set(table.rows.map((row) => row[index] as string))].filter((kind) => !table.columns.includes(kind));
  return {
    ...table,
    columns: [...table.columns, ...kinds],
    rows: table.rows.map((row) => [...row, ...kinds.map((kind) => (row[index] === kind ? "1" : "0"))]),
  };
}
