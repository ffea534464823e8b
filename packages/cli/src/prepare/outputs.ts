/** What `tetrad prepare` leaves in its folder: a table for each part, tables of features, and a record of how they came about. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type JsonObject, TetradError, writeFileAtomic } from "@tetrad/engine";
import { type DataRows, PARTS, type Part } from "@tetrad/language";
import { csvText } from "../csv-text.js";
import { LineFile } from "./files.js";

const RECORD = "prepare.json";
const KNOWN = [...PARTS.flatMap((part) => [`${part}.csv`, `${part}.conll`, `${part}-features.csv`]), "labels.json", "tfidf.json", RECORD];

export interface Output {
  readonly file: string;
  readonly rows: number;
  readonly sha256: string;
}

/** @throws TetradError IO for a folder with files of these names that are somebody else's, ARGUMENT where an input would be overwritten */
export function checkFolder(out: string, inputs: readonly string[]): void {
  const own = existsSync(out) ? readdirSync(out).filter((name) => KNOWN.includes(name)) : [];
  const input = inputs.find((path) => KNOWN.some((name) => resolve(path) === resolve(out, name)));
  if (input !== undefined)
    throw new TetradError("ARGUMENT", {
      op: "prepare",
      what: `the input ${input} lies where the output goes`,
      hint: "choose another folder for --out",
    });
  if (own.length > 0 && !own.includes(RECORD))
    throw new TetradError("IO", {
      op: `write ${out}`,
      what: `the folder holds files that tetrad prepare has not written: ${own.join(", ")}`,
      hint: "choose another folder for --out",
    });
}

/** A table for each part that has rows: CSV, or CoNLL columns of the words of `text` and their tags. */
export function writeParts(out: string, rows: DataRows, suffix: "" | "-features", format: "csv" | "conll"): Output[] {
  const files = new Map<Part, { readonly file: LineFile; rows: number }>();
  const line = format === "csv" ? (cells: readonly string[]) => csvText([cells]) : conllLines(rows.columns);
  try {
    for (const { part, cells } of rows) {
      let output = files.get(part);
      if (output === undefined) {
        output = { file: new LineFile(join(out, `${part}${suffix}.${format}`)), rows: 0 };
        files.set(part, output);
        if (format === "csv") output.file.write(csvText([rows.columns]));
      }
      output.file.write(line(cells));
      output.rows++;
    }
    return PARTS.flatMap((part) => {
      const output = files.get(part);
      return output === undefined ? [] : [{ file: `${part}${suffix}.${format}`, rows: output.rows, sha256: output.file.commit() }];
    });
  } finally {
    for (const { file } of files.values()) file.abandon();
  }
}

function conllLines(columns: readonly string[]): (cells: readonly string[]) => string {
  const [text, tags] = [columns.indexOf("text"), columns.indexOf("tags")];
  return (cells) => {
    const tag = (cells[tags] as string).split(" ");
    return (cells[text] as string)
      .split(" ")
      .map((word, i) => `${word}\t${tag[i]}\n`)
      .join("");
  };
}

/** Writes the record, and takes away what an earlier run left here and this one did not write. */
export async function writeRecord(out: string, record: JsonObject, written: readonly string[]): Promise<void> {
  for (const name of KNOWN) if (name !== RECORD && !written.includes(name)) rmSync(join(out, name), { force: true });
  await writeFileAtomic(join(out, RECORD), `${JSON.stringify(record, null, 1)}\n`);
}
