/** The worker's side of the page: the user's table, and the model that was trained on it. Opening a model takes half a second of arithmetic, which the page's own thread need not do. */
import { confusionMatrix, createEngine, type Engine, holdFolder, readTable, releaseFolder, type Table, TetradError } from "@tetrad/engine";
import {
  type ClassifyRun,
  classify,
  evaluateClassifier,
  finetuneClassifier,
  keepHubModel,
  type LabelledText,
  lora,
  mergedModel,
  saveClassifier,
  trainedShare,
} from "@tetrad/language";
import { zipFolder } from "../zip.js";
import type { Calls, ColumnFacts, Columns, FromWorker, Guess, ModelPlace, Report, TableFacts, TrainRequest } from "./calls.js";
import { modelOfPage } from "./hub-page.js";
import { drawnRows, guessColumns, labelledRows } from "./rows.js";

const EXAMPLES = 3;
const MISTAKES = 10;
const GUESSES = 3;

type Asked = { [Name in keyof Calls]: (...request: Parameters<Calls[Name]>) => Promise<ReturnType<Calls[Name]>> };

export class Session implements Asked {
  #table: Table | undefined;
  #engine: { readonly key: string; readonly own: Engine } | undefined;
  #run: ClassifyRun | undefined;
  #abort: AbortController | undefined;

  constructor(private readonly tell: (news: FromWorker) => void) {}

  async readTable({ file }: { readonly file: File }): Promise<TableFacts> {
    this.#table = readTable(new Uint8Array(await file.arrayBuffer()), file.name);
    return { columns: this.#table.columns, ...guessColumns(this.#table) };
  }

  async look(columns: Columns): Promise<ColumnFacts> {
    const rows = this.#rows(columns);
    return { rows: rows.length, classes: new Set(rows.map(({ label }) => label)).size, examples: rows.slice(0, EXAMPLES) };
  }

  async train(request: TrainRequest): Promise<Report> {
    const { learned, held } = drawnRows(this.#rows(request.columns), request.rows);
    this.#abort = new AbortController();
    const engine = await this.#engineFor(request);
    this.#run?.model.store.release();
    this.#run = undefined;
    const folder = await this.#folderOf(request.model, this.#abort.signal);
    try {
      const run = await finetuneClassifier(engine, folder, learned, {
        numTrainEpochs: request.epochs,
        learningRate: request.learningRate,
        maxTokens: request.maxTokens,
        loggingSteps: 1,
        signal: this.#abort.signal,
        ...(request.adapter && {
          weightDecay: 0,
          peft: lora({ taskType: "SEQ_CLS", base: folder, r: 8, loraAlpha: 16, modulesToSave: ["classifier", "score"] }),
        }),
        onProgress: (progress) => this.tell({ progress }),
        callbacks: [{ onStepEnd: messages }],
      });
      if (run.steps === 0) throw new TetradError("CANCELLED", { op: "train", what: "it was stopped before its first step" });
      this.#run = run;
      this.tell({ stage: `reading ${held.length} texts that were not learned …` });
      return await reportOf(engine, run, learned.length, held);
    } catch (error) {
      // What was opened of the model goes with the engine.
      this.#run = undefined;
      this.#engine = undefined;
      await engine.close();
      throw error;
    } finally {
      if ("files" in request.model) releaseFolder(folder);
    }
  }

  stop(): void {
    this.#abort?.abort();
  }

  async classify({ texts }: { readonly texts: readonly string[] }): Promise<(readonly Guess[])[]> {
    const { engine, run } = this.#trained();
    const all = await classify(engine, run, texts);
    return all.map(({ probabilities }) =>
      run.labels
        .map((label, i) => ({ label, probability: probabilities[i] as number }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, GUESSES),
    );
  }

  async archive({ name }: { readonly name: string }): Promise<Uint8Array<ArrayBuffer>> {
    const { engine, run } = this.#trained();
    // Whole even where an adapter was trained: nothing but the folder is needed to open it.
    const whole = await mergedModel(engine, run.model);
    const folder = holdFolder();
    try {
      await saveClassifier({ ...run, model: whole }, folder);
      return await zipFolder(folder, name);
    } finally {
      releaseFolder(folder);
      if (whole !== run.model) whole.store.release();
    }
  }

  /** Where the model is; one of a Hub is fetched and kept in the site's own file system. */
  async #folderOf(model: ModelPlace, signal: AbortSignal): Promise<string> {
    const opening = "opening the model …";
    if ("hubPage" in model) {
      let percent = -1;
      const { folder, offline } = await keepHubModel({
        ...modelOfPage(model.hubPage),
        signal,
        onProgress: (bytes, total) => {
          if (Math.floor((100 * bytes) / total) === percent) return;
          percent = Math.floor((100 * bytes) / total);
          this.tell({ stage: `fetching the model: ${megabytes(bytes)} of ${megabytes(total)} MB` });
        },
      });
      this.tell({ stage: offline ? `the Hub cannot be reached: ${opening.replace("the", "the kept")}` : opening });
      return folder;
    }
    this.tell({ stage: opening });
    return "files" in model ? holdFolder(model.files) : model.address;
  }

  #rows(columns: Columns): LabelledText[] {
    if (this.#table === undefined) throw new TetradError("ARGUMENT", { op: "rows", what: "no file of texts was chosen" });
    return labelledRows(this.#table, columns);
  }

  #trained() {
    if (this.#engine === undefined || this.#run === undefined)
      throw new TetradError("ARGUMENT", { op: "predict", what: "nothing was trained yet" });
    return { engine: this.#engine.own, run: this.#run };
  }

  /** The engine of the last training where it is the one that is asked for. */
  async #engineFor({ backend, threads }: TrainRequest): Promise<Engine> {
    const key = `${backend} ${threads}`;
    if (this.#engine?.key === key) return this.#engine.own;
    await this.#engine?.own.close();
    this.#run = undefined;
    const own = await createEngine({ backend, ...(threads !== undefined && { threads }), onWarning: (stage) => this.tell({ stage }) });
    this.#engine = { key, own };
    return own;
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** A step may compute on this very thread, and promises alone let no message in. */
const messages = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

async function reportOf(engine: Engine, run: ClassifyRun, learned: number, held: readonly LabelledText[]): Promise<Report> {
  const { accuracy, macroF1, predicted } = await evaluateClassifier(engine, run, held);
  const guesses = predicted.map(({ label }) => label);
  const { labels, steps, tokens, seconds, interrupted, placement, model } = run;
  const mistakes = held.map((row, i) => {
    const guess = guesses[i] as string;
    return { ...row, guess, probability: predicted[i]?.probabilities[labels.indexOf(guess)] as number };
  });
  return {
    labels,
    learned,
    held: held.length,
    accuracy,
    macroF1,
    counts: confusionMatrix(
      held.map(({ label }) => label),
      guesses,
      labels,
    ),
    mistakes: mistakes
      .filter(({ label, guess }) => label !== guess)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, MISTAKES),
    steps,
    tokens,
    seconds,
    interrupted,
    placement,
    share: model.adapted === undefined ? undefined : trainedShare(model.store),
  };
}
