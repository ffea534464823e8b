/** From a training configuration to arrays: the table, its parts, and the preprocessing learnt from the training part. */
import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import {
  encodeInputs,
  encodeTarget,
  learnPreprocessing,
  type Preprocessing,
  planColumns,
  readBytes,
  readTable,
  type Split,
  splitRows,
  type Table,
  usableRows,
} from "@tetrad/engine";
import type { TrainConfig } from "../config/train-config.js";

export interface Prepared {
  readonly table: Table;
  readonly preprocessing: Preprocessing;
  readonly split: Split;
  /** Of the data file's bytes, so that a run is only resumed on the data it began with. */
  readonly sha256: string;
  /** In plain words: columns and values that were left out or treated specially. */
  readonly notes: readonly string[];
}

/** One part of the table as the network sees it. */
export interface Part {
  readonly rows: ArrayLike<number>;
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** (n, 1) numbers, or (n) label indices. */
  readonly y: { readonly data: Float32Array | Int32Array; readonly shape: readonly number[] };
}

/** @throws TetradError IO or DATA naming file, row and column */
export async function prepare(configPath: string, config: TrainConfig): Promise<Prepared> {
  const path = resolve(dirname(configPath), config.data);
  const bytes = await readBytes(path);
  const table = readTable(bytes, config.data);
  const plan = planColumns(table, config);
  const usable = usableRows(table, plan, config.missing);
  const split = splitRows(usable, config.split, config.seed);
  const preprocessing = learnPreprocessing(table, plan, split.train, config);
  const dropped = table.rows.length - usable.length;
  const notes = [...plan.notes, ...(dropped === 0 ? [] : [`left out ${dropped} of ${table.rows.length} rows with missing values`])];
  for (const part of [split.train, split.validation, split.test]) notes.push(...encodeInputs(preprocessing, table, part).notes);
  return { table, preprocessing, split, sha256: createHash("sha256").update(bytes).digest("hex"), notes };
}

export function encodePart({ table, preprocessing }: Prepared, rows: Int32Array): Part {
  const { x, width } = encodeInputs(preprocessing, table, rows);
  const y = encodeTarget(preprocessing, table, rows);
  return {
    rows,
    x: { data: x, shape: [rows.length, width] },
    y: { data: y, shape: preprocessing.target.kind === "number" ? [rows.length, 1] : [rows.length] },
  };
}
