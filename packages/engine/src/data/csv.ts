/** Comma, semicolon, tab or bar separated text into a table, with the line of every row kept for messages. */
import Papa from "papaparse";
import { TetradError } from "../errors.js";
import { listed, type Table } from "./table.js";

/** In order of preference where the header line holds none of them, or equally many. */
const DELIMITERS = [",", "\t", ";", "|"] as const;

export function readCsv(raw: string, source: string, format: "csv" | "tsv"): Table {
  const text = raw.replace(/\r\n?/g, "\n");
  const delimiter = format === "tsv" ? "\t" : headerDelimiter(text);
  const rows: string[][] = [];
  const lines: number[] = [];
  let columns: string[] | undefined;
  let begin = 0;
  let line = 1;
  Papa.parse<string[]>(text, {
    delimiter,
    newline: "\n",
    step: ({ data, errors, meta }) => {
      const start = line;
      for (; begin < meta.cursor; begin++) if (text.charCodeAt(begin) === 10) line++;
      const at = `${source}:${start}`;
      const [error] = errors;
      if (error !== undefined)
        throw new TetradError("DATA", {
          op: source,
          what: "a quoted cell is malformed",
          got: error.message,
          at,
          hint: 'close the quote; write a quote inside a quoted cell as ""',
        });
      const cells = data.map((cell) => cell.trim());
      if (cells.length === 1 && cells[0] === "" && columns?.length !== 1) return;
      if (columns === undefined) {
        if (cells.some((cell) => cell !== "")) columns = columnNames(cells, source, at);
        return;
      }
      if (cells.length !== columns.length)
        throw new TetradError("DATA", {
          op: source,
          what: "a row has the wrong number of cells",
          got: `${cells.length}`,
          expected: `${columns.length} (${listed(columns)})`,
          at,
          hint: "add or remove cells there; quote cells that contain the separator",
        });
      rows.push(cells);
      lines.push(start);
    },
  });
  // A lone column's blank line could be a missing value, but at the end of the file it is only the end of the file.
  while (columns?.length === 1 && rows.at(-1)?.[0] === "") rows.pop();
  return { source, columns: columns ?? [], rows, place: (row) => `${source}:${lines[row]}` };
}

/** The separator that the header line holds most of, outside quotes. */
function headerDelimiter(text: string): string {
  const header = (text.match(/^\s*\n*(.*)/)?.[1] ?? "").replace(/"[^"]*"/g, "");
  const count = (delimiter: string) => header.split(delimiter).length;
  return DELIMITERS.reduce<string>((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best), DELIMITERS[0]);
}

function columnNames(cells: readonly string[], source: string, at: string): string[] {
  // Tables saved with a row index have one unnamed column; it gets a name that nobody would choose, and is never an input unless asked for.
  const names = cells.map((cell, i) => (cell === "" ? unnamed(i) : cell));
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new TetradError("DATA", {
      op: source,
      what: `two columns are named ${JSON.stringify(repeated)}`,
      at,
      hint: "rename one of them in the header line",
    });
  const numbers = names.filter((name) => /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(name)).length;
  // Column names of a table saved without names are 0, 1, 2, …; other numbers are a row of data.
  if (numbers === names.length && names.some((name, i) => name !== String(i)))
    throw new TetradError("DATA", {
      op: source,
      what: "the first line holds numbers, not column names",
      got: listed(names, 6),
      at,
      hint: "put a line with column names first",
    });
  return names;
}

const unnamed = (index: number): string => `unnamed_${index + 1}`;

export function isUnnamed(name: string): boolean {
  return /^unnamed_\d+$/.test(name);
}
