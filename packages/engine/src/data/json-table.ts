/** JSON lines, or a JSON array of records, into the same table that a CSV file gives. */
import { TetradError } from "../errors.js";
import type { RowReader, StreamedRow, Table } from "./table.js";

/** What becomes of values that no cell can hold. */
export interface JsonOptions {
  /** Lists and objects become cells of JSON text */
  readonly nested?: boolean;
  /** Records stay beside their cells: lists of plain values are joined, and what no cell can hold becomes JSON text */
  readonly records?: boolean;
}

export function readJsonTable(text: string, source: string, format: "json" | "jsonl", options: JsonOptions = {}): Table {
  if (format === "json") return recordTable(recordsIn(text, source), source, options);
  const reader = new JsonLinesReader(source, options);
  const found = reader.read(text);
  return {
    source,
    columns: reader.columns,
    rows: padded(
      found.map(({ cells }) => cells),
      reader.columns.length,
    ),
    ...(options.records === true && { records: found.map(({ record }) => record as Readonly<Record<string, unknown>>) }),
    place: (row) => `${source}:${found[row]?.line}`,
  };
}

/** @throws TetradError DATA for a record that is no object, and for values that no cell can hold */
export function recordTable(records: readonly unknown[], source: string, options: JsonOptions = {}): Table {
  const place = (row: number) => `${source}, record ${row + 1}`;
  const columns = new RecordColumns(source, options);
  const rows = records.map((record, row) => columns.cells(record, place(row)));
  return {
    source,
    columns: columns.names,
    rows: padded(rows, columns.names.length),
    ...(options.records === true && { records: records as readonly Readonly<Record<string, unknown>>[] }),
    place,
  };
}

/** A key that turns up late is a missing value in the records before it. */
function padded(rows: readonly (readonly string[])[], width: number): (readonly string[])[] {
  return rows.map((cells) => (cells.length === width ? cells : [...cells, ...new Array<string>(width - cells.length).fill("")]));
}

/** Takes a file's lines piece by piece and gives their records. */
export class JsonLinesReader implements RowReader {
  readonly #columns: RecordColumns;
  #line = 1;

  constructor(
    private readonly source: string,
    private readonly options: JsonOptions = {},
  ) {
    this.#columns = new RecordColumns(source, options);
  }

  get columns(): readonly string[] {
    return this.#columns.names;
  }

  read(piece: string): StreamedRow[] {
    const lines = piece.split(/\r\n?|\n/);
    if (lines.at(-1) === "") lines.pop();
    const found: StreamedRow[] = [];
    for (const text of lines) {
      const line = this.#line++;
      if (text.trim() === "") continue;
      const at = `${this.source}:${line}`;
      const record = parse(text, this.source, at);
      found.push({ cells: this.#columns.cells(record, at), line, ...(this.options.records === true && { record }) });
    }
    return found;
  }
}

/** Keys of records as columns, in the order in which they turn up. */
class RecordColumns {
  readonly names: string[] = [];
  readonly #indexOf = new Map<string, number>();

  constructor(
    private readonly source: string,
    private readonly options: JsonOptions,
  ) {}

  cells(record: unknown, at: string): string[] {
    if (typeof record !== "object" || record === null || Array.isArray(record))
      throw new TetradError("DATA", {
        op: this.source,
        what: "a record is not an object",
        got: snippet(record),
        expected: '{"column": value, …}',
        at,
      });
    const cells: string[] = new Array(this.names.length).fill("");
    for (const [name, value] of Object.entries(record)) {
      let index = this.#indexOf.get(name);
      if (index === undefined) {
        index = this.names.push(name) - 1;
        this.#indexOf.set(name, index);
      }
      const { nested = false, records = false } = this.options;
      const asJson = (nested && typeof value === "object" && value !== null) || (records && !isPlain(value));
      cells[index] = asJson ? JSON.stringify(value) : cellText(value, name, this.source, at);
    }
    return cells;
  }
}

/** A list of records, or the only such list among the fields of an object: what stands beside it tells of the file, not of a record. */
function recordsIn(text: string, source: string): readonly unknown[] {
  const value = parse(text, source, undefined);
  if (Array.isArray(value)) return value;
  const isRecords = (field: unknown) => Array.isArray(field) && field.length > 0 && typeof field[0] === "object";
  const [records, ...others] = typeof value === "object" && value !== null ? Object.values(value).filter(isRecords) : [];
  if (records !== undefined && others.length === 0) return records as readonly unknown[];
  throw new TetradError("DATA", {
    op: source,
    what: "the file is not a list of records",
    got: snippet(value),
    expected: '[{"column": value, …}, …], alone or as the only such list of an object',
    hint: "one record a line goes into a .jsonl file",
  });
}

function parse(text: string, source: string, at: string | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TetradError("DATA", { op: source, what: "this is not valid JSON", got: (error as Error).message.replaceAll("\n", " "), at });
  }
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null || (Array.isArray(value) && value.every((item) => typeof item !== "object"));
}

/** Items of a list stand in one cell with spaces between them: sentences become a text, tags a line of tags. */
function cellText(value: unknown, name: string, source: string, at: string): string {
  if (value === null) return "";
  if (Array.isArray(value) && isPlain(value))
    return value
      .map((item) => String(item).trim())
      .join(" ")
      .trim();
  if (!isPlain(value))
    throw new TetradError("DATA", {
      op: source,
      what: `column ${JSON.stringify(name)} holds a nested value`,
      got: snippet(value),
      expected: "a number, text, true, false or null, or a list of them",
      at,
      hint: "flatten it into columns of its own",
    });
  return String(value).trim();
}

function snippet(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
