/** Bytes of a data file into a table: which encoding, which format. */
import { TetradError } from "../errors.js";
import { readCsv } from "./csv.js";
import { readJsonTable } from "./json-table.js";
import type { Table } from "./table.js";

export type TableFormat = "csv" | "tsv" | "jsonl" | "json";

/**
 * Reads CSV, TSV, JSON lines or a JSON array of records.
 * A byte-order mark, CRLF, quoted cells, blank lines and any of `,` `;` tab `|` between cells are understood.
 * @param content the file's bytes, or its text
 * @param source file name; its ending decides the format unless `format` is given (csv where the ending says nothing)
 * @throws TetradError DATA for text that is not UTF-8 or UTF-16, no rows, ragged rows, unnamed or repeated columns, nested records
 */
export function readTable(content: Uint8Array | string, source: string, format: TableFormat = formatOf(source)): Table {
  const text = typeof content === "string" ? content.replace(/^\uFEFF/, "") : decodeText(content, source);
  const table = format === "json" || format === "jsonl" ? readJsonTable(text, source, format) : readCsv(text, source, format);
  if (table.columns.length === 0)
    throw new TetradError("DATA", { op: source, what: "the file is empty", expected: "a header line with column names, then rows" });
  if (table.rows.length === 0)
    throw new TetradError("DATA", { op: source, what: "the file has a header but no rows", hint: "check that the right file was given" });
  return table;
}

function formatOf(source: string): TableFormat {
  if (/\.(jsonl|ndjson)$/i.test(source)) return "jsonl";
  if (/\.json$/i.test(source)) return "json";
  return /\.(tsv|tab)$/i.test(source) ? "tsv" : "csv";
}

/** Byte-order marks decide; without one the text must be UTF-8. Spreadsheets write UTF-16 as "Unicode text". */
export function decodeText(bytes: Uint8Array, source: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new TetradError("DATA", {
      op: source,
      what: "the file is not text",
      expected: "UTF-8",
      at: `${source}:${badLine(bytes)}`,
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
