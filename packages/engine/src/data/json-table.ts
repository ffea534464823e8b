/** JSON lines, or a JSON array of records, into the same table that a CSV file gives. */
import { TetradError } from "../errors.js";
import type { Table } from "./table.js";

export function readJsonTable(text: string, source: string, format: "json" | "jsonl"): Table {
  const { records, place } = format === "jsonl" ? parseLines(text, source) : parseArray(text, source);
  const columns: string[] = [];
  const indexOf = new Map<string, number>();
  const rows = records.map((record, row) => {
    if (typeof record !== "object" || record === null || Array.isArray(record))
      throw new TetradError("DATA", {
        op: source,
        what: "a record is not an object",
        got: snippet(record),
        expected: '{"column": value, …}',
        at: place(row),
      });
    const cells: string[] = new Array(columns.length).fill("");
    for (const [name, value] of Object.entries(record)) {
      let index = indexOf.get(name);
      if (index === undefined) {
        index = columns.push(name) - 1;
        indexOf.set(name, index);
      }
      cells[index] = cellText(value, name, source, place(row));
    }
    return cells;
  });
  // A key that turns up late is a missing value in the records before it.
  for (const cells of rows) while (cells.length < columns.length) cells.push("");
  return { source, columns, rows, place };
}

interface Records {
  readonly records: readonly unknown[];
  readonly place: (row: number) => string;
}

function parseLines(text: string, source: string): Records {
  const records: unknown[] = [];
  const lines: number[] = [];
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    if (line.trim() === "") continue;
    records.push(parse(line, source, `${source}:${index + 1}`));
    lines.push(index + 1);
  }
  return { records, place: (row) => `${source}:${lines[row]}` };
}

function parseArray(text: string, source: string): Records {
  const records = parse(text, source, undefined);
  if (!Array.isArray(records))
    throw new TetradError("DATA", {
      op: source,
      what: "the file is not a list of records",
      got: snippet(records),
      expected: '[{"column": value, …}, …]',
      hint: "one record a line goes into a .jsonl file",
    });
  return { records, place: (row) => `${source}, record ${row + 1}` };
}

function parse(text: string, source: string, at: string | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TetradError("DATA", { op: source, what: "this is not valid JSON", got: (error as Error).message.replaceAll("\n", " "), at });
  }
}

function cellText(value: unknown, name: string, source: string, at: string): string {
  if (value === null) return "";
  if (typeof value === "object")
    throw new TetradError("DATA", {
      op: source,
      what: `column ${JSON.stringify(name)} holds a nested value`,
      got: snippet(value),
      expected: "a number, text, true, false or null",
      at,
      hint: "flatten it into columns of its own",
    });
  return String(value).trim();
}

function snippet(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
