/** Bytes of a data file into a table: which encoding, which format. */
import { TetradError } from "../errors.js";
import { CsvReader, readCsv } from "./csv.js";
import { JsonLinesReader, type JsonOptions, readJsonTable } from "./json-table.js";
import type { RowReader, StreamedRow, Table } from "./table.js";

export type TableFormat = "csv" | "tsv" | "jsonl" | "json";

/**
 * Reads CSV, TSV, JSON lines or a JSON array of records.
 * A byte-order mark, CRLF, quoted cells, blank lines and any of `,` `;` tab `|` between cells are understood.
 * @param content the file's bytes, or its text
 * @param source file name; its ending decides the format unless `format` is given (csv where the ending says nothing)
 * @param options of JSON: lists and objects become cells of JSON text where they are `nested`; else a list of plain values is joined by spaces, and others are
 * refused. With `records` they are no fault either, and the table has its records as they stood
 * @throws TetradError DATA for text that is not UTF-8 or UTF-16, no rows, ragged rows, unnamed or repeated columns, nested records
 */
export function readTable(
  content: Uint8Array | string,
  source: string,
  format: TableFormat = tableFormat(source),
  options: JsonOptions = {},
): Table {
  const text = typeof content === "string" ? content.replace(/^\uFEFF/, "") : decodeText(content, source);
  const isJson = format === "json" || format === "jsonl";
  const table = isJson ? readJsonTable(text, source, format, options) : readCsv(text, source, format);
  if (table.columns.length === 0)
    throw new TetradError("DATA", { op: source, what: "the file is empty", expected: "a header line with column names, then rows" });
  if (table.rows.length === 0)
    throw new TetradError("DATA", { op: source, what: "the file has a header but no rows", hint: "check that the right file was given" });
  return table;
}

/**
 * Rows of a file that need not fit into memory.
 * @param blocks whole lines, as `textBlocks` gives them
 * @returns columns, all of them once the rows are through, and rows, to be gone through once
 * @throws TetradError as `readTable`, while rows are taken
 */
export function streamTable(
  blocks: Iterable<string>,
  source: string,
  format: Exclude<TableFormat, "json">,
): { readonly columns: () => readonly string[]; readonly rows: Iterable<StreamedRow> } {
  const reader: RowReader = format === "jsonl" ? new JsonLinesReader(source) : new CsvReader(source, format);
  function* rows() {
    for (const block of blocks) yield* reader.read(block, false);
    yield* reader.read("", true);
  }
  return { columns: () => reader.columns, rows: rows() };
}

/** A file's text in blocks of whole lines. @throws TetradError DATA naming the line that is not UTF-8 */
export function* textBlocks(chunks: Iterable<Uint8Array>, source: string): Generator<string> {
  let line = 1;
  for (const block of lineBlocks(chunks)) {
    const text = decodeText(block, source, line);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) line++;
    yield text;
  }
}

/** Chunks cut behind their last line's end. UTF-16 has other line ends, and is left whole. */
function* lineBlocks(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let rest: Uint8Array[] = [];
  let wide: boolean | undefined;
  for (const chunk of chunks) {
    wide ??= isUtf16(chunk);
    const end = wide ? 0 : chunk.lastIndexOf(10) + 1;
    if (end > 0) {
      yield joined([...rest, chunk.subarray(0, end)]);
      rest = [];
    }
    if (end < chunk.length) rest.push(chunk.slice(end));
  }
  if (rest.length > 0) yield joined(rest);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** By the name's ending; csv where that says nothing. */
export function tableFormat(source: string): TableFormat {
  if (/\.(jsonl|ndjson)$/i.test(source)) return "jsonl";
  if (/\.json$/i.test(source)) return "json";
  return /\.(tsv|tab)$/i.test(source) ? "tsv" : "csv";
}

/**
 * Byte-order marks decide; without one the text must be UTF-8. Spreadsheets write UTF-16 as "Unicode text".
 * @param firstLine the number of the line that the bytes begin with
 */
export function decodeText(bytes: Uint8Array, source: string, firstLine = 1): string {
  const encoding = !isUtf16(bytes) ? "utf-8" : bytes[0] === 0xff ? "utf-16le" : "utf-16be";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new TetradError("DATA", {
      op: source,
      what: "the file is not text",
      expected: "UTF-8",
      at: `${source}:${firstLine - 1 + badLine(bytes)}`,
      hint: "save it as UTF-8 text (in a spreadsheet: CSV UTF-8)",
    });
  }
}

/** The first line that is not UTF-8: each line is decoded alone, which is slow and only done once something is wrong. */
function badLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let begin = 0; begin < bytes.length; line++) {
    const found = bytes.indexOf(10, begin);
    const end = found < 0 ? bytes.length : found;
    try {
      decoder.decode(bytes.subarray(begin, end));
    } catch {
      return line;
    }
    begin = end + 1;
  }
  return line;
}
