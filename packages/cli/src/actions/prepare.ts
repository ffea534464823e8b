/** The work of `tetrad prepare`: its inputs through the stages, and what becomes of their rows. */
import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { type JsonObject, writeFileAtomic } from "@tetrad/engine";
import { type DataFormat, formatOfFile, type PartStatistics } from "@tetrad/language";
import type { Context } from "../context.js";
import { lockFolder } from "../folder-lock.js";
import { checkFlags } from "../prepare/check-flags.js";
import { chunksOf, clearTemporaries, sha256Of } from "../prepare/files.js";
import { checkFolder, type Output, writeParts, writeRecord } from "../prepare/outputs.js";
import { stageLines, statisticsLines } from "../prepare/prepare-text.js";
import { cacheOf, type Input, runStages } from "../prepare/run-stages.js";
import type { Done } from "../prepare/stages.js";

export interface PrepareOptions {
  readonly out: string;
  readonly test?: string;
  readonly format?: DataFormat;
  readonly documents: "line" | "paragraph";
  readonly text: string;
  readonly label?: string;
  readonly html?: true;
  readonly keepLines?: true;
  readonly minChars?: number;
  readonly maxChars?: number;
  readonly labelMap?: string;
  readonly duplicates: "exact" | "near" | "off";
  readonly dropDuplicates?: true;
  readonly dropConflicts?: true;
  readonly validationShare?: number;
  readonly testShare?: number;
  readonly stratify: boolean;
  readonly group?: string;
  readonly seed: number;
  readonly tokenizer?: string;
  readonly stopWords?: string;
  readonly features?: "tfidf" | "embeddings";
  readonly maxFeatures?: number;
  readonly minDf?: number;
  readonly ngrams?: number;
  readonly model?: string;
  readonly cache?: string;
}

export async function prepareAction(context: Context, data: readonly string[], options: PrepareOptions): Promise<void> {
  checkFlags(options);
  checkFolder(options.out, pathsOf(data, options));
  const unlock = await lockFolder("prepare", options.out, ".lock");
  try {
    clearTemporaries(options.out);
    // One that is told of may be another run's, too.
    if (options.cache === undefined) clearTemporaries(cacheOf(options));
    await prepare(context, data, options);
  } finally {
    await unlock();
    // Only where nothing was written
    await rmdir(options.out).catch(() => {});
  }
}

/** A test file stands first, because what is like its rows is looked for. */
function pathsOf(data: readonly string[], { test }: PrepareOptions): readonly string[] {
  return [...(test === undefined ? [] : [test]), ...data];
}

async function prepare(context: Context, data: readonly string[], options: PrepareOptions): Promise<void> {
  const { terminal } = context;
  const paths = pathsOf(data, options);
  const inputs = paths.map(
    (path, i): Input => ({ path, part: options.test !== undefined && i === 0 ? "test" : "train", sha256: sha256Of(chunksOf(path)) }),
  );
  const isConll = paths.every((path) => (options.format ?? formatOfFile(path)) === "conll");
  const stages = await runStages(context, inputs, isConll, options).finally(() => terminal.status(""));

  terminal.status("writing");
  const table = stages.findLast(({ name }) => name !== "statistics" && name !== "features") as Done;
  const outputs: Output[] = writeParts(options.out, table.rows, "", isConll ? "conll" : "csv");
  const features = stages.find(({ name }) => name === "features");
  if (features !== undefined) outputs.push(...writeParts(options.out, features.rows, "-features", "csv"));
  const facts = stages.find(({ name }) => name === "statistics")?.report.facts as unknown as Readonly<Record<string, PartStatistics>>;
  const more: Readonly<Record<string, unknown>> = {
    ...(options.label !== undefined && { "labels.json": labelNumbers(facts) }),
    ...(features?.report.facts !== undefined && { "tfidf.json": features.report.facts["tfidf"] }),
  };
  for (const [name, value] of Object.entries(more)) await writeFileAtomic(join(options.out, name), `${JSON.stringify(value, null, 1)}\n`);
  const record = recordOf(inputs, stages, outputs);
  await writeRecord(options.out, record, [...outputs.map(({ file }) => file), ...Object.keys(more)]);
  terminal.status("");

  terminal.result(
    [
      ...stageLines(stages, terminal.colors),
      "",
      ...statisticsLines(facts),
      "",
      `written to ${options.out}: ${outputs.map(({ file, rows }) => `${file} (${rows})`).join(", ")}, ${[...Object.keys(more), "prepare.json"].join(", ")}`,
    ].join("\n"),
    { out: options.out, ...record, run: stages.map(({ name, cached, seconds }) => ({ name, cached, seconds })) },
  );
}

/** Class → its number, as a classifier that is trained on them numbers them. */
function labelNumbers(parts: Readonly<Record<string, PartStatistics>>): Readonly<Record<string, number>> {
  const names = new Set(Object.values(parts).flatMap(({ labels = [] }) => labels.map(({ label }) => label)));
  return Object.fromEntries([...names].sort((a, b) => (a < b ? -1 : 1)).map((name, i) => [name, i]));
}

/** The same inputs and options give the same record: it has no times in it. */
function recordOf(inputs: readonly Input[], stages: readonly Done[], outputs: readonly Output[]): JsonObject {
  return {
    version: 1,
    inputs: inputs.map(({ path, part, sha256 }) => ({ file: path, part, sha256 })),
    stages: stages.map(({ name, version, options, hash, report }) => {
      const { rowsIn, rowsOut, dropped, changed, notes, facts } = report;
      // What a feature is made of is in a file of its own.
      return {
        name,
        version,
        hash,
        options,
        rowsIn,
        rowsOut,
        dropped,
        changed,
        notes: [...notes],
        ...(facts !== undefined && name !== "features" && { facts }),
      };
    }),
    outputs: outputs.map((output) => ({ ...output })),
  };
}
