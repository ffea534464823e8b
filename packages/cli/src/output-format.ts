/** What a table is written as. */
import { extname } from "node:path";
import { type TableFormat, tableFormat } from "@tetrad/engine";
import { CalledWrongly } from "./called-wrongly.js";

export const TABLE_FORMATS = ["csv", "tsv", "jsonl", "json"] as const satisfies readonly TableFormat[];

const ENDINGS = ["", ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".txt"];

/** What was asked for, else what the file's name says; undefined where there is neither. @throws CalledWrongly for a name that says something else */
export function formatOf({ out, format }: { readonly out?: string; readonly format?: TableFormat }): TableFormat | undefined {
  if (format !== undefined || out === undefined) return format;
  if (ENDINGS.includes(extname(out).toLowerCase())) return tableFormat(out);
  throw new CalledWrongly({
    op: "--out",
    what: "unknown kind of table",
    got: out,
    expected: "a name that ends in .csv, .tsv, .jsonl or .json",
    hint: `or say what it is: --format ${TABLE_FORMATS.join("|")}`,
  });
}
