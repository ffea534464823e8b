/** Files of any of the known formats as rows: tables, CoNLL columns, plain text. CSV, TSV, JSON lines and text go through piece by piece, so that they need not fit into memory. */
import {
  columnIndex,
  decodeText,
  type JsonOptions,
  readTable,
  type StreamedRow,
  streamTable,
  type Table,
  TetradError,
  textBlocks,
} from "@tetrad/engine";
import { readConll } from "./conll.js";
import { readParquet } from "./parquet.js";
import type { DataRow, Part } from "./rows.js";

export const DATA_FORMATS = ["csv", "tsv", "json", "jsonl", "parquet", "conll", "text"] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** Raised when a file comes to be read otherwise. */
export const READ_VERSION = 1;

export interface DataFile {
  /** For messages; its ending decides the format unless one is given */
  readonly source: string;
  readonly part: Part;
  /** The file's bytes, piece by piece */
  readonly chunks: Iterable<Uint8Array>;
}

export interface ReadOptions {
  readonly format?: DataFormat;
  /** What a document is in plain text: a line, or lines up to an empty one */
  readonly documents: "line" | "paragraph";
  /** Columns that every file must have */
  readonly required: readonly string[];
}

export interface ReadReport {
  /** Of all files, in the order in which they turn up; what a file has not is empty */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly source: string; readonly part: Part; readonly rows: number }[];
}

/** Undefined for an ending that says nothing. */
export function formatOfFile(source: string): DataFormat | undefined {
  const ending = /\.([a-z]+)$/i.exec(source)?.[1]?.toLowerCase() ?? "";
  const others: Readonly<Record<string, DataFormat>> = {
    tab: "tsv",
    ndjson: "jsonl",
    txt: "text",
    iob: "conll",
    bio: "conll",
    pq: "parquet",
  };
  return (DATA_FORMATS as readonly string[]).includes(ending) ? (ending as DataFormat) : others[ending];
}

/**
 * CoNLL sentences become the columns `text` and `tags`, words and tags with spaces between them; plain text becomes the column `text`; lists in JSON and Parquet
 * become one cell with spaces between their items.
 * @throws TetradError DATA for a file without rows, without a required column, that is not UTF-8 or ragged, naming file and line; ARGUMENT for an unknown format
 */
export async function readRows(files: Iterable<DataFile>, options: ReadOptions, emit: (row: DataRow) => void): Promise<ReadReport> {
  const columns: string[] = [];
  const rows: { source: string; part: Part; rows: number }[] = [];
  for (const { source, part, chunks } of files) {
    const read = await readFile(source, chunks, options);
    const places: number[] = [];
    let count = 0;
    for (const { cells, at } of read.rows) {
      for (const name of read.columns().slice(places.length)) {
        const known = columns.indexOf(name);
        places.push(known >= 0 ? known : columns.push(name) - 1);
      }
      const placed = new Array<string>(columns.length).fill("");
      cells.forEach((cell, i) => {
        placed[places[i] as number] = cell;
      });
      emit({ part, at, cells: placed });
      count++;
    }
    if (count === 0) throw emptyFile(source);
    for (const name of options.required) columnIndex({ source, columns: read.columns() }, name);
    rows.push({ source, part, rows: count });
  }
  return { columns, rows };
}

/**
 * A whole file as a table: CSV, TSV, JSON, JSON lines, Parquet, or plain text, whose lines that hold something become the column `text`. An ending that says
 * nothing is CSV's.
 * @throws TetradError as `readTable` and `readParquet`
 */
export async function readDataTable(bytes: Uint8Array<ArrayBuffer>, source: string, options: JsonOptions = {}): Promise<Table> {
  const format = formatOfFile(source);
  if (format === "parquet") return readParquet(bytes, source, options);
  if (format !== "text") return readTable(bytes, source, undefined, options);
  const rows = [...documents(textBlocks([bytes], source), "line")];
  if (rows.length === 0) throw emptyFile(source);
  return { source, columns: ["text"], rows: rows.map(({ cells }) => cells), place: (row) => `${source}:${rows[row]?.line}` };
}

function emptyFile(source: string): TetradError {
  return new TetradError("DATA", { op: source, what: "the file has no rows", hint: "check that the right file was given" });
}

interface FileRows {
  /** Those met so far */
  readonly columns: () => readonly string[];
  readonly rows: Iterable<{ readonly cells: readonly string[]; readonly at: string }>;
}

async function readFile(source: string, chunks: Iterable<Uint8Array>, options: ReadOptions): Promise<FileRows> {
  const format = options.format ?? formatOfFile(source);
  if (format === undefined)
    throw new TetradError("ARGUMENT", {
      op: source,
      what: "the name does not say which format the file has",
      expected: DATA_FORMATS.map((name) => `.${name}`).join(", "),
      hint: "say which it is: --format csv",
    });
  if (format === "csv" || format === "tsv" || format === "jsonl") {
    const { columns, rows } = streamTable(textBlocks(chunks, source), source, format);
    return { columns, rows: placed(rows, source) };
  }
  if (format === "text") return { columns: () => ["text"], rows: placed(documents(textBlocks(chunks, source), options.documents), source) };
  const bytes = new Uint8Array(await new Blob([...chunks] as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  if (format === "conll") {
    const sentences = readConll(decodeText(bytes, source), source);
    return {
      columns: () => ["text", "tags"],
      rows: sentences.map(({ words, tags }, i) => ({ cells: [words.join(" "), tags.join(" ")], at: `${source}, sentence ${i + 1}` })),
    };
  }
  const table = format === "json" ? readTable(bytes, source, format) : await readParquet(bytes, source);
  return { columns: () => table.columns, rows: table.rows.map((cells, row) => ({ cells, at: table.place(row) })) };
}

function* placed(rows: Iterable<StreamedRow>, source: string) {
  for (const { cells, line } of rows) yield { cells, at: `${source}:${line}` };
}

/** Lines, or paragraphs, that hold something. */
function* documents(blocks: Iterable<string>, unit: "line" | "paragraph"): Generator<StreamedRow> {
  let paragraph: string[] = [];
  let line = 0;
  const close = (): StreamedRow[] => {
    const row = { cells: [paragraph.join("\n")], line: line - paragraph.length };
    const whole = paragraph.length > 0 ? [row] : [];
    paragraph = [];
    return whole;
  };
  for (const block of blocks) {
    for (const text of block.replace(/\r?\n$/, "").split(/\r?\n/)) {
      line++;
      if (unit === "line") {
        if (text.trim() !== "") yield { cells: [text.trim()], line };
      } else if (text.trim() === "") yield* close();
      else paragraph.push(text.trim());
    }
  }
  line++;
  yield* close();
}
