/** Comma, semicolon, tab or bar separated text into a table, with the line of every row kept for messages. */
import Papa from "papaparse";
import { TetradError } from "../errors.js";
import { listed, type RowReader, type StreamedRow, type Table } from "./table.js";

/** In order of preference where the header line holds none of them, or equally many. */
const DELIMITERS = [",", "\t", ";", "|"] as const;

/** Characters; whoever forgets to close a quote in a large file makes one cell of all that follows. */
const LONGEST_ROW = 1 << 25;

export function readCsv(text: string, source: string, format: "csv" | "tsv"): Table {
  const reader = new CsvReader(source, format);
  const found = reader.read(text, true);
  // A lone column's blank line could be a missing value, but at the end of the file it is only the end of the file.
  while (reader.columns.length === 1 && found.at(-1)?.cells[0] === "") found.pop();
  const lines = found.map(({ line }) => line);
  return { source, columns: reader.columns, rows: found.map(({ cells }) => cells), place: (row) => `${source}:${lines[row]}` };
}

/** Takes a file's lines piece by piece and gives the rows that are complete: a quoted cell may go on in the next piece. */
export class CsvReader implements RowReader {
  columns: readonly string[] = [];
  #delimiter: string | undefined;
  #rest = "";
  #line = 1;
  /** The last of the lines before the names that begin with #. */
  #remark: readonly string[] | undefined;

  constructor(
    private readonly source: string,
    private readonly format: "csv" | "tsv",
  ) {}

  /** @param last no text follows @throws TetradError DATA naming the line of a malformed, ragged or unusable row */
  read(piece: string, last: boolean): StreamedRow[] {
    const text = this.#rest + piece.replace(/\r\n?/g, "\n");
    const found: StreamedRow[] = [];
    let begin = 0;
    if (last || /^[^\S\n]*[^#\s].*\n/m.test(text)) {
      this.#delimiter ??= this.format === "tsv" ? "\t" : headerDelimiter(text);
      const parser = new Papa.Parser({
        delimiter: this.#delimiter,
        newline: "\n",
        step: ({ data, errors, meta }: Papa.ParseStepResult<string[][]>) => {
          const line = this.#line;
          for (; begin < meta.cursor; begin++) if (text.charCodeAt(begin) === 10) this.#line++;
          const cells = this.#row(data[0] as string[], errors[0], line);
          if (cells !== undefined) found.push({ cells, line });
        },
      });
      parser.parse(text, 0, !last);
    }
    this.#rest = text.slice(begin);
    if (this.#rest.length > LONGEST_ROW)
      throw new TetradError("DATA", {
        op: this.source,
        what: "a row does not end",
        got: `${this.#rest.length} characters`,
        at: `${this.source}:${this.#line}`,
        hint: "close the quote that it opens",
      });
    return found;
  }

  /** Undefined for a blank line, and for the header. */
  #row(data: readonly string[], error: Papa.ParseError | undefined, line: number): string[] | undefined {
    const { source, columns } = this;
    const at = `${source}:${line}`;
    if (error !== undefined)
      throw new TetradError("DATA", {
        op: source,
        what: "a quoted cell is malformed",
        got: error.message,
        at,
        hint: 'close the quote; write a quote inside a quoted cell as ""',
      });
    const cells = data.map((cell) => cell.trim());
    if (cells.length === 1 && cells[0] === "" && columns.length !== 1) return undefined;
    if (columns.length === 0) {
      if (cells[0]?.startsWith("#") === true) {
        this.#remark = cells;
        return undefined;
      }
      if (cells.every((cell) => cell === "")) return undefined;
      const named = namesIn(this.#remark, cells);
      this.columns = columnNames(named ?? cells, source, at);
      return named === undefined ? undefined : cells;
    }
    if (cells.length === columns.length) return cells;
    throw new TetradError("DATA", {
      op: source,
      what: "a row has the wrong number of cells",
      got: `${cells.length}`,
      expected: `${columns.length} (${listed(columns)})`,
      at,
      hint: "add or remove cells there; quote cells that contain the separator",
    });
  }
}

/**
 * The names in the last line before the first that does not begin with #: as many as that has cells, above a number, or without a space as no remark is.
 * Undefined where it is a remark.
 */
function namesIn(remark: readonly string[] | undefined, next: readonly string[]): string[] | undefined {
  const [first = "", ...others] = remark ?? [];
  if (remark?.length !== next.length) return undefined;
  const hasNumber = next.some((cell) => cell !== "" && Number.isFinite(Number(cell)));
  if (!(hasNumber && next.length > 1) && !/^#\S*$/.test(first)) return undefined;
  return [first.slice(1).trim() || first, ...others];
}

/** The separator that the header line holds most of, outside quotes. */
function headerDelimiter(text: string): string {
  const header = (text.match(/^[^\S\n]*[^#\s].*/m)?.[0] ?? text).replace(/"[^"]*"/g, "");
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
