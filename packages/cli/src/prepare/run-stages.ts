/** Which stages of data preparation run, in which order, and with which options. */
import { join } from "node:path";
import { type JsonObject, parseJsonObject, readBytes } from "@tetrad/engine";
import {
  checkLabelMap,
  cleanStage,
  countTokens,
  type DataRow,
  type DataRows,
  duplicatesStage,
  embedStage,
  labelStage,
  openEmbedder,
  type Part,
  READ_VERSION,
  readRows,
  type Stage,
  type StageReport,
  type StatisticsOptions,
  splitStage,
  statisticsStage,
  stopWords,
  Tokenizer,
  tfidfStage,
} from "@tetrad/language";
import type { PrepareOptions } from "../actions/prepare.js";
import type { Context } from "../context.js";
import { findModel, findTokenizer } from "../language/find-model.js";
import { chunksOf, folderSha256, sha256Of } from "./files.js";
import { type Done, runStage } from "./stages.js";

export interface Input {
  readonly path: string;
  readonly part: Part;
  readonly sha256: string;
}

/** Where stages are kept. */
export const cacheOf = ({ cache, out }: PrepareOptions): string => cache ?? join(out, ".cache");

/** @param isConll whether all inputs are CoNLL columns, whose tags follow their words @throws TetradError as the stages */
export async function runStages(context: Context, inputs: readonly Input[], isConll: boolean, options: PrepareOptions): Promise<Done[]> {
  const { terminal, withEngine } = context;
  const { text, label, group } = options;
  const cache = cacheOf(options);
  const labelled = label === undefined ? {} : { label };
  const words = options.stopWords === undefined ? undefined : await stopWords(options.stopWords);
  const stop = words === undefined ? {} : { stopWords: words };
  const stopFacts = words === undefined ? {} : { stopWords: { language: options.stopWords as string, sha256: sha256Of(words) } };
  const tokenizer = options.tokenizer === undefined ? undefined : await Tokenizer.load(await findTokenizer(context, options.tokenizer));
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
  const measured: Stage<StatisticsOptions, Promise<StageReport>> = {
    ...statisticsStage,
    async run(rows, own, emit) {
      if (own.tokenizer === undefined) return statisticsStage.run(rows, own, emit);
      const total = done.at(-1)?.report.rowsOut as number;
      const progress = terminal.progress("tokenising");
      const counts = await countTokens(rows, text, own.tokenizer, (count) =>
        progress.update(count / total, `${count} of ${total} texts`),
      ).finally(() => progress.end());
      return statisticsStage.run(rows, { ...own, counts }, emit);
    },
  };
  await stage(
    measured,
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
    const { folder } = await findModel(context, options.model as string);
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
