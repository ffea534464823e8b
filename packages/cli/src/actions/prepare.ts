/** The work of `tetrad prepare`: which stages run, with which options, and what becomes of their rows. */
import { join } from "node:path";
import { type JsonObject, parseJsonObject, readBytes, writeFileAtomic } from "@tetrad/engine";
import {
  checkLabelMap,
  cleanStage,
  type DataFormat,
  type DataRow,
  type DataRows,
  duplicatesStage,
  embedStage,
  formatOfFile,
  labelStage,
  openEmbedder,
  type Part,
  type PartStatistics,
  READ_VERSION,
  readRows,
  type Stage,
  type StageReport,
  splitStage,
  statisticsStage,
  stopWords,
  Tokenizer,
  tfidfStage,
} from "@tetrad/language";
import type { Context } from "../context.js";
import { checkFlags } from "../prepare/check-flags.js";
import { chunksOf, folderSha256, sha256Of } from "../prepare/files.js";
import { checkFolder, type Output, writeParts, writeRecord } from "../prepare/outputs.js";
import { stageLines, statisticsLines } from "../prepare/prepare-text.js";
import { type Done, runStage } from "../prepare/stages.js";

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

interface Input {
  readonly path: string;
  readonly part: Part;
  readonly sha256: string;
}

export async function prepareAction(context: Context, data: readonly string[], options: PrepareOptions): Promise<void> {
  checkFlags(options);
  const { terminal } = context;
  const paths = [...(options.test === undefined ? [] : [options.test]), ...data];
  checkFolder(options.out, paths);
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

async function runStages(
  { terminal, withEngine }: Context,
  inputs: readonly Input[],
  isConll: boolean,
  options: PrepareOptions,
): Promise<Done[]> {
  const { text, label, group } = options;
  const cache = options.cache ?? join(options.out, ".cache");
  const labelled = label === undefined ? {} : { label };
  const words = options.stopWords === undefined ? undefined : await stopWords(options.stopWords);
  const stop = words === undefined ? {} : { stopWords: words };
  const stopFacts = words === undefined ? {} : { stopWords: { language: options.stopWords as string, sha256: sha256Of(words) } };
  const tokenizer = options.tokenizer === undefined ? undefined : await Tokenizer.load(options.tokenizer);
  const done: Done[] = [];

  /** @param facts the options as JSON, where they hold what JSON cannot */
  const stage = async <Options extends object>(
    { name, version, run }: Stage<Options, StageReport | Promise<StageReport>>,
    own: Options,
    facts = own as unknown as JsonObject,
  ) => {
    terminal.status(name);
    const before = done.findLast((one) => one.name !== "statistics") as Done;
    done.push(
      await runStage(cache, {
        name,
        version,
        options: facts,
        input: before.hash,
        columns: before.rows.columns,
        run: (emit) => run(before.rows, own, emit),
      }),
    );
  };

  terminal.status("read");
  done.push(
    await runStage(
      cache,
      readRequest(
        inputs,
        [text, label, group, isConll ? "tags" : undefined].filter((name) => name !== undefined),
        options,
      ),
    ),
  );
  await stage(cleanStage, {
    text,
    ...labelled,
    ...(isConll && { tags: "tags" }),
    html: options.html ?? false,
    keepLines: options.keepLines ?? false,
    ...(options.minChars !== undefined && { minChars: options.minChars }),
    ...(options.maxChars !== undefined && { maxChars: options.maxChars }),
  });
  if (options.labelMap !== undefined) {
    const map = checkLabelMap(parseJsonObject(await readBytes(options.labelMap), options.labelMap), options.labelMap);
    await stage(labelStage, { label: label as string, map });
  }
  if (options.duplicates !== "off") {
    const [drop, dropConflicts] = [options.dropDuplicates ?? false, options.dropConflicts ?? false];
    await stage(duplicatesStage, { text, ...labelled, find: options.duplicates, drop, dropConflicts });
  }
  if (options.validationShare !== undefined || options.testShare !== undefined) {
    await stage(splitStage, {
      validation: options.validationShare ?? 0,
      test: options.testShare ?? 0,
      ...(label !== undefined && options.stratify && { stratify: label }),
      ...(group !== undefined && { group }),
      seed: options.seed,
    });
  }
  const counted = { text, ...labelled };
  await stage(
    statisticsStage,
    { ...counted, ...stop, ...(tokenizer !== undefined && { tokenizer }) },
    { ...counted, ...stopFacts, ...(tokenizer !== undefined && { tokenizer: sha256Of(Object.values(tokenizer.files)) }) },
  );
  if (options.features === "tfidf") {
    const own = {
      ...counted,
      ngramRange: [1, options.ngrams ?? 1] as const,
      minDf: options.minDf ?? 1,
      maxFeatures: options.maxFeatures ?? 2000,
    };
    await stage(tfidfStage, { ...own, ...stop }, { kind: "tfidf", ...own, ngramRange: [...own.ngramRange], ...stopFacts });
  }
  if (options.features === "embeddings") {
    const folder = options.model as string;
    const total = done.at(-1)?.report.rowsOut as number;
    const progress = terminal.progress("embedding");
    const embedded: Stage<typeof counted, Promise<StageReport>> = {
      ...embedStage,
      run: (rows: DataRows, own, emit: (row: DataRow) => void) =>
        withEngine(async (engine) => {
          const embedder = await openEmbedder(engine, folder);
          const onProgress = (count: number) => progress.update(count / total, `${count} of ${total} texts`);
          return embedStage.run(rows, { ...own, engine, embedder, onProgress }, emit);
        }).finally(() => progress.end()),
    };
    await stage(embedded, counted, { kind: "embeddings", ...counted, model: folderSha256(folder) });
  }
  return done;
}

function readRequest(inputs: readonly Input[], required: readonly string[], { format, documents }: PrepareOptions) {
  const own = { documents, required, ...(format !== undefined && { format }) };
  return {
    name: "read",
    version: READ_VERSION,
    options: { ...own, required: [...required], files: inputs.map(({ path, part }) => ({ file: path, part })) },
    input: sha256Of(inputs.map(({ sha256 }) => sha256)),
    columns: [],
    async run(emit: (row: DataRow) => void): Promise<StageReport> {
      const files = inputs.map(({ path, part }) => ({ source: path, part, chunks: chunksOf(path) }));
      const { columns, rows } = await readRows(files, own, emit);
      const total = rows.reduce((sum, file) => sum + file.rows, 0);
      const byFile = rows.map(({ source, rows: count }) => ({ file: source, rows: count }));
      return { rowsIn: total, rowsOut: total, dropped: {}, changed: {}, notes: [], columns, facts: { columns, files: byFile } };
    },
  };
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
