/** The work of `tetrad finetune multi`. */
import { basename, join, resolve } from "node:path";
import { type Engine, RESULTS_FILE } from "@tetrad/engine";
import { finetuneMultiTask, type MultiTaskRun, saveMultiTask, type TaskKind, type TaskPart, type TurnOptions } from "@tetrad/language";
import type { TaskSettings } from "../config/multi-task-config.js";
import type { Context } from "../context.js";
import { type Parts, partsOf } from "../language/parts.js";
import { resultsText } from "../language/results.js";
import { HANDLERS, type Measured } from "../language/task-handlers.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";

export interface FinetuneMultiOptions extends Omit<TrainingFlags, "train" | "test" | "validation">, TurnOptions {
  readonly tasks?: Readonly<Record<string, TaskSettings>>;
}

type Handler = (typeof HANDLERS)["classify"];
type Row = TaskPart<"classify">["rows"][number];

/** Each kind has its own rows, which only its own handler sees. */
const handlerOf = ({ task }: TaskSettings): Handler => HANDLERS[task] as unknown as Handler;

interface Task extends Parts<Row> {
  readonly settings: TaskSettings;
  readonly handler: Handler;
}

export async function finetuneMultiAction(context: Context, given: FinetuneMultiOptions): Promise<void> {
  const { terminal } = context;
  const { tasks: settings = {} } = given;
  const files = Object.values(settings).map(({ train }) => basename(train));
  const flags: TrainingFlags & TurnOptions = { ...given, train: files.join(", ") };
  const tasks = new Map<string, Task>();
  for (const [name, own] of Object.entries(settings)) tasks.set(name, await examplesOf(flags, own, (text) => terminal.note(text)));
  const { run, measured } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const { taskSampling, taskTemperature } = flags;
    const turns = { ...(taskSampling !== undefined && { taskSampling }), ...(taskTemperature !== undefined && { taskTemperature }) };
    const parts = Object.fromEntries([...tasks].map(([name, task]) => [name, partOf(task)]));
    const outcome = await tune(async (options) => {
      const trained = await finetuneMultiTask(engine, folder, parts, { ...options, ...turns });
      return { ...trained, cut: Object.values(trained.tasks).reduce((sum, { cut }) => sum + cut, 0) };
    });
    const found = await measureAll(engine, outcome, tasks);
    await saveMultiTask(outcome, flags.out, extraFiles(flags, outcome, tasks, found));
    return { run: outcome, measured: found };
  });
  for (const [name, { model }] of Object.entries(run.tasks)) noteWeights(terminal, model, `${flags.model} (${name})`);
  const counts = [...tasks].map(
    ([name, { train, settings: own, handler }]) => `${name} (${own.task}): ${train.length} ${handler.examples}`,
  );
  const [first = ""] = tasks.keys();
  terminal.result(
    accountOf(
      terminal,
      flags,
      { ...run, cut: 0, maxTokens: 0 },
      {
        learned: `${tasks.size} tasks over one backbone: ${counts.join(", ")}`,
        notes: Object.entries(run.tasks).flatMap(([name, { cut, maxTokens }]) =>
          cut > 0 ? [`${cut} ${tasks.get(name)?.handler.examples} of ${name} are longer than ${maxTokens} tokens and were cut`] : [],
        ),
        findings: [...tasks].flatMap(([name, { test, measuredOn, handler }]) => [
          `${name}, on ${test.length} ${handler.examples} of ${measuredOn}:`,
          measured.get(name)?.text as string,
          "",
        ]),
        use: `predict ${flags.out} "some text"; each task alone is in a folder of its own: ${join(flags.out, first)}`,
      },
    ),
    {
      model: flags.out,
      ...runFacts(run),
      tasks: Object.fromEntries(
        [...tasks].map(([name, { settings: own, train, test }]) => [
          name,
          {
            task: own.task,
            model: join(flags.out, name),
            examples: { train: train.length, test: test.length },
            cut: run.tasks[name]?.cut,
            ...measured.get(name)?.figures,
          },
        ]),
      ),
    },
  );
}

async function examplesOf(flags: TrainingFlags, settings: TaskSettings, note: (text: string) => void): Promise<Task> {
  const handler = handlerOf(settings);
  const { train, test, validation } = settings;
  const { test: _, validation: __, ...whole } = flags;
  const own = { ...whole, train, ...(test !== undefined && { test }), ...(validation !== undefined && { validation }) };
  const parts = await partsOf<Row>(own, (path) => handler.read(path, settings, note), handler.labelsOf);
  return { ...parts, settings, handler };
}

function partOf({ train, evaluation, settings }: Task): TaskPart {
  const { task: kind, crf, stride, max_tokens: maxTokens, loss_weight: lossWeight } = settings;
  return {
    kind: kind as "classify",
    rows: train,
    ...evaluation,
    ...(crf !== undefined && { crf }),
    ...(stride !== undefined && { stride }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(lossWeight !== undefined && { lossWeight }),
  };
}

async function measureAll(engine: Engine, run: MultiTaskRun, tasks: ReadonlyMap<string, Task>): Promise<ReadonlyMap<string, Measured>> {
  const found = new Map<string, Measured>();
  for (const [name, { handler, test }] of tasks) {
    const model = run.tasks[name] as Parameters<Handler["measure"]>[1];
    found.set(name, await handler.measure(engine, model, test));
  }
  return found;
}

/** Cards and figures, of each task and of all. */
function extraFiles(
  flags: TrainingFlags,
  run: MultiTaskRun,
  tasks: ReadonlyMap<string, Task>,
  measured: ReadonlyMap<string, Measured>,
): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  const all: Record<string, number> = {};
  const others = [...tasks.keys()].join(", ");
  for (const [name, { settings, train, measuredOn, handler }] of tasks) {
    const { figures } = measured.get(name) as Measured;
    for (const [figure, value] of Object.entries(figures)) all[`${name}_${figure}`] = value;
    const summary = `It ${handler.does}, learned from ${train.length} ${handler.examples}, together with other tasks over one backbone (${others}).`;
    const own = { ...flags, train: settings.train, out: join(resolve(flags.out), name) };
    files[`${name}/README.md`] = cardOf(own, { task: handler.task, summary, metrics: figures, measuredOn });
    files[`${name}/${RESULTS_FILE}`] = resultsText(run, figures);
  }
  const kinds: readonly TaskKind[] = [...tasks.values()].map(({ settings }) => settings.task);
  const summary = `One backbone with ${tasks.size} heads (${others}: ${kinds.join(", ")}), each in a folder of its own that transformers opens.`;
  const [{ handler }] = tasks.values() as unknown as [Task];
  files["README.md"] = cardOf(flags, { task: handler.task, summary, metrics: all, measuredOn: "the test examples of each task" });
  files[RESULTS_FILE] = resultsText(run, all);
  return files;
}
