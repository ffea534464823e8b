/** The work of `tetrad predict`: a saved model applied to a table, with everything that training did to its columns. */
import { encodeInputs, isMissing, readBytes, readTable, type Table, type TableFormat, writeFileAtomic } from "@tetrad/engine";
import { tasksIn } from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";
import type { Context } from "../context.js";
import { unusedName, widenedTable } from "../csv-text.js";
import { defined } from "../defined.js";
import { findModel } from "../language/find-model.js";
import { languageTask } from "../language/folder.js";
import { flagOf } from "../language/training-arguments.js";
import { counted } from "../numbers.js";
import { formatOf } from "../output-format.js";
import { decode, evaluate, type Predictions, type Result, resultText, truth } from "../training/evaluate.js";
import { loadSaved, type SavedModel } from "../training/saved-model.js";

export interface PredictOptions {
  readonly out?: string;
  readonly format?: TableFormat;
  /** Of language models */
  readonly text: string;
  readonly top: number;
  /** Of those that answer questions */
  readonly question?: string;
  readonly context?: string;
  readonly nullThreshold?: number;
}

export async function predictAction(context: Context, given: string, path: string | undefined, asked: PredictOptions): Promise<void> {
  const { terminal, withEngine } = context;
  const options = { ...asked, ...defined({ format: formatOf(asked) }) };
  const place = await findModel(context, given);
  const { folder } = place;
  const several = (await tasksIn(folder)) !== undefined;
  const task = several ? undefined : await languageTask(place);
  if (task === "answer") return (await import("./predict-answer.js")).predictAnswerAction(context, folder, path, options);
  if (path === undefined)
    throw new CalledWrongly({ op: "predict", what: "there is nothing to predict from", expected: "a file, or a text" });
  const idle = (["question", "context", "nullThreshold"] as const).filter((name) => options[name] !== undefined);
  if (idle.length > 0)
    throw new CalledWrongly({ op: folder, what: "this model does not answer questions", got: idle.map(flagOf).join(", ") });
  if (several) return (await import("./predict-text.js")).predictTasksAction(context, folder, path, options);
  if (task !== undefined) return (await import("./predict-text.js")).predictTextAction(context, task, folder, path, options);
  const table = readTable(await readBytes(path), path, undefined, { records: true });
  const { predictions, rows, notes, result } = await withEngine(async (engine) => predictTable(await loadSaved(engine, folder), table));
  for (const note of notes) terminal.note(`note: ${note}`);
  const text = tableText(table, rows, predictions, options.format ?? "csv");
  if (options.out !== undefined) await writeFileAtomic(options.out, `${text}\n`);
  if (result !== undefined) terminal.note(`${resultText(result)}\n`);
  const facts = {
    predictions: inOrder(table, rows, predictions.predicted),
    ...(predictions.probability !== undefined && { probability: inOrder(table, rows, predictions.probability) }),
    result: result ?? null,
    notes,
    out: options.out ?? null,
  };
  terminal.result(options.out === undefined ? text : `${counted(rows.length, "prediction")} written to ${options.out}`, facts);
}

interface TablePredictions {
  readonly predictions: Predictions;
  /** The rows that could be predicted. */
  readonly rows: Int32Array;
  readonly notes: readonly string[];
  /** Where the table has the target for every row predicted. */
  readonly result: Result | undefined;
}

async function predictTable({ model, preprocessing }: SavedModel, table: Table): Promise<TablePredictions> {
  const { x, width, rows, notes } = encodeInputs(preprocessing, table);
  const predictions = decode(preprocessing, await model.predict({ data: x, shape: [rows.length, width] }));
  const dropped = table.rows.length - rows.length;
  const column = table.columns.indexOf(preprocessing.target.name);
  const known = column >= 0 && rows.length > 0 && rows.every((row) => !isMissing((table.rows[row] as readonly string[])[column] as string));
  return {
    predictions,
    rows,
    notes: dropped === 0 ? notes : [...notes, `${dropped} of ${table.rows.length} rows have missing values and no prediction`],
    result: known ? evaluate(preprocessing, truth(preprocessing, table, rows), predictions) : undefined,
  };
}

/** One value for every row of the table, null where there is no prediction. */
function inOrder<T>(table: Table, rows: Int32Array, values: readonly T[]): (T | null)[] {
  const all: (T | null)[] = table.rows.map(() => null);
  rows.forEach((row, i) => {
    all[row] = values[i] as T;
  });
  return all;
}

function tableText(table: Table, rows: Int32Array, { predicted, probability }: Predictions, format: TableFormat): string {
  const added = {
    [unusedName("prediction", table.columns)]: inOrder(table, rows, predicted),
    ...(probability !== undefined && { [unusedName("probability", table.columns)]: inOrder(table, rows, probability) }),
  };
  return widenedTable(table, added, format);
}
