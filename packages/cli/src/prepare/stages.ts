/** Stages one after another, each kept under the hash of what went into it: a stage is run again only when its rows, its options or its code have changed. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, textBlocks, writeFileAtomic } from "@tetrad/engine";
import type { DataRow, DataRows, Part, StageReport } from "@tetrad/language";
import { chunksOf, LineFile, sha256Of } from "./files.js";

/** A stage that is through. */
export interface Done {
  readonly name: string;
  readonly version: number;
  readonly options: JsonObject;
  /** SHA-256 of name, version, options and the hash of what went in */
  readonly hash: string;
  readonly report: StageReport;
  readonly rows: DataRows;
  readonly cached: boolean;
  readonly seconds: number;
}

/** What is kept of a stage beside its rows. */
interface Kept {
  readonly report: StageReport;
  readonly columns: readonly string[];
  /** Of the file of rows, so that a damaged one is made again */
  readonly bytes: number;
}

export interface StageRequest {
  readonly name: string;
  readonly version: number;
  readonly options: JsonObject;
  /** Hash of what goes in */
  readonly input: string;
  /** Of the rows that come out, unless the report says otherwise */
  readonly columns: readonly string[];
  run(emit: (row: DataRow) => void): StageReport | Promise<StageReport>;
}

/** @throws TetradError as the stage; nothing is kept of one that fails */
export async function runStage(cache: string, { name, version, options, input, columns, run }: StageRequest): Promise<Done> {
  const begin = performance.now();
  const hash = sha256Of([JSON.stringify([name, version, options, input])]);
  const path = join(cache, `${name}-${hash.slice(0, 16)}`);
  const done = (kept: Kept, cached: boolean): Done => ({
    name,
    version,
    options,
    hash,
    report: kept.report,
    rows: keptRows(`${path}.jsonl`, kept.columns),
    cached,
    seconds: (performance.now() - begin) / 1000,
  });
  const known = keptStage(path);
  if (known !== undefined) return done(known, true);
  const file = new LineFile(`${path}.jsonl`);
  try {
    const report = await run(({ part, at, cells }) => file.write(JSON.stringify([part, at, ...cells])));
    file.commit();
    const kept: Kept = { report, columns: report.columns ?? columns, bytes: file.bytes };
    await writeFileAtomic(`${path}.json`, `${JSON.stringify(kept)}\n`);
    return done(kept, false);
  } finally {
    file.abandon();
  }
}

function keptStage(path: string): Kept | undefined {
  if (!existsSync(`${path}.json`) || !existsSync(`${path}.jsonl`)) return undefined;
  const kept = JSON.parse(readFileSync(`${path}.json`, "utf8")) as Kept;
  return statSync(`${path}.jsonl`).size === kept.bytes ? kept : undefined;
}

function keptRows(path: string, columns: readonly string[]): DataRows {
  return {
    columns,
    *[Symbol.iterator]() {
      for (const block of textBlocks(chunksOf(path), path)) {
        for (const line of block.split("\n")) {
          if (line === "") continue;
          const [part, at, ...cells] = JSON.parse(line) as [Part, string, ...string[]];
          // A column that turned up later in the file is empty in rows before.
          while (cells.length < columns.length) cells.push("");
          yield { part, at, cells };
        }
      }
    },
  };
}
