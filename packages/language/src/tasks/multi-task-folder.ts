/** Tasks over one backbone on disk: a folder that lists them, and in it a folder for each, which is a model as transformers reads it. */

import { type Engine, type FileContent, type JsonObject, parseJsonObject, readBytes, TetradError, writeFolder } from "@tetrad/engine";
import { filesOf, type LanguageModel } from "../model.js";
import { runFiles } from "../train/trainer-state.js";
import { optional } from "../weights/read.js";
import { openAnswerer } from "./answer.js";
import { openClassifier } from "./classify.js";
import { openMultiLabel } from "./multi-label.js";
import type { MultiTaskRun } from "./multi-task.js";
import { openRegressor } from "./regress.js";
import { overOneBackbone } from "./shared-backbone.js";
import { openTagger } from "./tag.js";
import { TASK_KINDS, type TaskKind, type TaskModel } from "./task-kinds.js";
import type { UseOptions } from "./use.js";

/** Lists the tasks and what kind each is. */
export const TASKS_FILE = "multi_task.json";

type Files = Readonly<Record<string, FileContent>>;

/** Tasks to be written, with what config.json says of each head */
type Written = Readonly<Record<string, { readonly kind: TaskKind; readonly model: LanguageModel; readonly fields: JsonObject }>>;

/** @param extra further files, by their paths in the folder: `README.md`, `topic/README.md` */
export async function filesOfTasks(tasks: Written, extra: Files): Promise<Files> {
  const kinds = Object.fromEntries(Object.entries(tasks).map(([name, { kind }]) => [name, { kind }]));
  const contents: Record<string, FileContent> = { [TASKS_FILE]: `${JSON.stringify({ version: 1, tasks: kinds }, null, 2)}\n` };
  for (const [name, { model, fields }] of Object.entries(tasks)) {
    for (const [file, content] of Object.entries(await filesOf(model, fields, {}))) contents[`${name}/${file}`] = content;
  }
  return { ...contents, ...extra };
}

/**
 * Writes a folder with a folder for each task, each a whole model: backbone and that task's head.
 * @param extra further files, by their paths in the folder
 * @throws TetradError IO
 */
export async function saveMultiTask(run: MultiTaskRun, path: string, extra: Files = {}): Promise<void> {
  const told = ["", ...Object.keys(run.tasks).map((name) => `${name}/`)].flatMap((place) =>
    Object.entries(runFiles(run, undefined)).map(([file, content]) => [`${place}${file}`, content] as const),
  );
  await writeFolder(path, await filesOfTasks(run.tasks, { ...Object.fromEntries(told), ...extra }));
}

type Use = Pick<UseOptions, "onCut">;

/** What each kind is opened by. */
const OPENERS: { readonly [K in TaskKind]: (engine: Engine, folder: string, options: Use) => Promise<Omit<TaskModel<K>, "kind">> } = {
  classify: openClassifier,
  "multi-label": openMultiLabel,
  regress: openRegressor,
  ner: openTagger,
  // Reads all of a text, in windows.
  qa: (engine, folder) => openAnswerer(engine, folder),
};

/** The kinds of a folder's tasks, by name; undefined where it is no folder of several. @throws TetradError FORMAT for a damaged list */
export async function tasksIn(folder: string): Promise<Readonly<Record<string, TaskKind>> | undefined> {
  const source = `${folder}/${TASKS_FILE}`;
  const bytes = await optional(source);
  if (bytes === undefined) return undefined;
  const { tasks } = parseJsonObject(bytes, source);
  const kinds = Object.entries((tasks ?? {}) as Readonly<Record<string, { readonly kind?: unknown }>>).map(
    ([name, task]) => [name, task?.kind] as const,
  );
  const wrong = kinds.find(([, kind]) => !(TASK_KINDS as readonly unknown[]).includes(kind));
  if (kinds.length > 0 && wrong === undefined) return Object.fromEntries(kinds) as Record<string, TaskKind>;
  throw new TetradError("FORMAT", {
    op: source,
    what: wrong === undefined ? "it lists no task" : `task ${wrong[0]} is of no known kind`,
    ...(wrong !== undefined && { got: JSON.stringify(wrong[1] ?? null) }),
    expected: TASK_KINDS.join(", "),
  });
}

/** All tasks of a folder over one backbone in memory. @throws TetradError IO, FORMAT for a folder that lists no tasks, or whose backbones differ */
export async function openMultiTask(engine: Engine, folder: string, options: Use = {}): Promise<Readonly<Record<string, TaskModel>>> {
  const kinds = await tasksIn(folder);
  // Says which file it is that is not there.
  if (kinds === undefined) await readBytes(`${folder}/${TASKS_FILE}`);
  const opened: Record<string, TaskModel> = {};
  for (const [name, kind] of Object.entries(kinds ?? {}))
    opened[name] = { ...(await OPENERS[kind](engine, `${folder}/${name}`, options)), kind } as TaskModel;
  const models = overOneBackbone(engine, Object.fromEntries(Object.entries(opened).map(([name, { model }]) => [name, model])));
  return Object.fromEntries(Object.entries(opened).map(([name, task]) => [name, { ...task, model: models[name] as LanguageModel }]));
}
