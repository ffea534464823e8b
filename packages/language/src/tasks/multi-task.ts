/** Several tasks at once: a head each over one backbone, trained in turns, so that the backbone learns from all (Caruana 1997; Liu et al. 2019, arXiv:1901.11504). */

import { type Engine, type JsonObject, TetradError, writeFolder } from "@tetrad/engine";
import { type LanguageModel, openModel } from "../model.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../train/options.js";
import { type TrainingRun, trainTogether } from "../train/train.js";
import type { TurnOptions } from "../train/turns.js";
import { answerSubject } from "./answer.js";
import { classifySubject } from "./classify.js";
import { multiLabelSubject } from "./multi-label.js";
import { filesOfTasks } from "./multi-task-folder.js";
import { regressSubject } from "./regress.js";
import { overOneBackbone } from "./shared-backbone.js";
import type { Figures, Subject, Taught } from "./subject.js";
import { tagSubject } from "./tag.js";
import { TASK_KINDS, type TaskKind, type TaskModel, type TaskPart } from "./task-kinds.js";

type Parts = Readonly<Record<string, TaskPart>>;

export interface MultiTaskRun<Of extends Parts = Parts> extends TrainingRun {
  readonly tasks: {
    readonly [Name in keyof Of]: TaskModel<Of[Name]["kind"]> & {
      readonly cut: number;
      /** What config.json says of the head */
      readonly fields: JsonObject;
    };
  };
}

export interface MultiTaskOptions extends TrainingOptions, TurnOptions {}

/** The figure of each kind that goes into the mean of all, 1 at best */
const MAIN: Readonly<Record<TaskKind, (figures: Figures) => number>> = {
  classify: (figures) => figures["accuracy"] as number,
  "multi-label": (figures) => figures["f1"] as number,
  regress: (figures) => figures["r2"] as number,
  ner: (figures) => figures["f1"] as number,
  // SQuAD counts in hundredths.
  qa: (figures) => (figures["f1"] as number) / 100,
};

/**
 * Fine-tunes a backbone with a head for each task; every step is of one task's examples, as `taskSampling` says, and moves the backbone and that task's head. Adam counts
 * steps over all tasks. Each head begins as it would alone. Evaluations give `NAME_FIGURE` for each task, after `score`: the mean of accuracy (classify), F1 (multi-label,
 * ner, qa) and R² (regress).
 * @param folder a pretrained model as Hugging Face lays it out
 * @param parts tasks by names of letters, digits, - and _, which are folders' when they are saved
 * @throws TetradError ARGUMENT for names and weights; as the tasks alone, with the task's name
 */
export async function finetuneMultiTask<Of extends Parts>(
  engine: Engine,
  folder: string,
  parts: Of,
  options: MultiTaskOptions = {},
): Promise<MultiTaskRun<Of>> {
  checkParts(parts);
  const { seed = TRAINING_DEFAULTS.seed, freeze, taskSampling, taskTemperature } = options;
  const names = Object.keys(parts);
  const each = async <T>(of: (name: string) => T | Promise<T>): Promise<Record<string, T>> => {
    const made: Record<string, T> = {};
    for (const name of names) made[name] = await within(name, () => of(name));
    return made;
  };
  const counted = countedTogether(parts, options);
  const subjects = await each((name) => subjectOf(engine, parts[name] as TaskPart, { ...options, ...counted(name) }));
  const opened = await each((name) =>
    openModel(engine, folder, (backbone) => (subjects[name] as AnySubject).headOf(backbone), { freshHead: true, seed, freeze }),
  );
  const models = overOneBackbone(engine, opened);
  const taught = await each((name) => (subjects[name] as AnySubject).teach(models[name] as LanguageModel));
  const tasks = Object.fromEntries(
    names.map((name) => {
      const model = models[name] as LanguageModel;
      const fields = (subjects[name] as AnySubject).fieldsOf(model.config);
      return [name, { ...(taught[name] as Taught<{ cut: number }>).facts, kind: parts[name]?.kind as TaskKind, model, fields }];
    }),
  );
  const lessons = names.map((name) => {
    const { lossWeight } = parts[name] as TaskPart;
    return [name, { ...(taught[name] as Taught<object>).lesson, ...(lossWeight !== undefined && { lossWeight }) }] as const;
  });
  const measured = names.filter((name) => taught[name]?.evaluate !== undefined);
  const run = await trainTogether(
    engine,
    {
      lessons: Object.fromEntries(lessons),
      ...(taskSampling !== undefined && { taskSampling }),
      ...(taskTemperature !== undefined && { taskTemperature }),
      ...(measured.length > 0 && {
        async evaluate() {
          const figures: Record<string, number> = {};
          let sum = 0;
          for (const name of measured) {
            const own = (await taught[name]?.evaluate?.()) as Figures;
            sum += MAIN[(parts[name] as TaskPart).kind](own);
            for (const [figure, value] of Object.entries(own)) figures[`${name}_${figure}`] = value;
          }
          return { score: sum / measured.length, ...figures };
        },
      }),
      save: async (path, extra) => writeFolder(path, await filesOfTasks(tasks, extra)),
    },
    options,
  );
  return { ...run, tasks: tasks as unknown as MultiTaskRun<Of>["tasks"] };
}

type AnySubject = Subject<{ readonly cut: number }>;

/** What each task tells of its examples, as a part of those of all: tasks are tokenised one after the other. */
function countedTogether(parts: Parts, { onTokenize }: TrainingOptions): (name: string) => Pick<TrainingOptions, "onTokenize"> {
  const sizes = Object.values(parts).map(({ rows }) => rows.length);
  const sum = (some: readonly number[]) => some.reduce((total, size) => total + size, 0);
  return (name) => {
    if (onTokenize === undefined) return {};
    const before = sum(sizes.slice(0, Object.keys(parts).indexOf(name)));
    return { onTokenize: (done) => onTokenize(before + done, sum(sizes)) };
  };
}

function subjectOf(engine: Engine, part: TaskPart, { labelSmoothingFactor, onTokenize }: TrainingOptions): AnySubject {
  const { kind: _, rows: __, lossWeight: ___, ...own } = part;
  const options = {
    ...own,
    ...(labelSmoothingFactor !== undefined && { labelSmoothingFactor }),
    ...(onTokenize !== undefined && { onTokenize }),
  } as object;
  switch (part.kind) {
    case "classify":
      return classifySubject(engine, part.rows, options);
    case "multi-label":
      return multiLabelSubject(engine, part.rows, options);
    case "regress":
      return regressSubject(engine, part.rows, options);
    case "ner":
      return tagSubject(engine, part.rows, options);
    case "qa":
      return answerSubject(engine, part.rows, options);
  }
}

function checkParts(parts: Parts): void {
  const refuse = (what: string, got: string, expected: string): never => {
    throw new TetradError("ARGUMENT", { op: "multi", what, got, expected });
  };
  const names = Object.keys(parts);
  if (names.length === 0) refuse("there is no task", "none", `tasks by name, of ${TASK_KINDS.join(", ")}`);
  for (const [name, { lossWeight = 1, rows }] of Object.entries(parts)) {
    if (!/^[A-Za-z0-9][\w-]*$/.test(name)) refuse("a task's name is no folder's", JSON.stringify(name), "letters, digits, - and _");
    if (!(lossWeight > 0 && Number.isFinite(lossWeight))) refuse(`the weight of task ${name} is out of range`, `${lossWeight}`, "above 0");
    if (rows.length === 0) refuse(`task ${name} has no examples`, "none", "at least one");
  }
}

/** What goes wrong with a task says with which. */
async function within<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TetradError)) throw error;
    const { op, ...rest } = error.parts ?? { op: "", what: error.message };
    throw new TetradError(error.code, { ...rest, op: `task ${name}${op === "" ? "" : `, ${op}`}` }, { cause: error });
  }
}
