/** The work of `tetrad evaluate`. */
import { TetradError } from "@tetrad/engine";
import { tasksIn } from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";
import type { Context } from "../context.js";
import { findModel } from "../language/find-model.js";
import { isCausal, type LanguageTask, languageTask } from "../language/folder.js";
import type { PairColumns } from "../language/pairs.js";
import type { TextColumns } from "../language/texts.js";
import type { Seq2SeqColumns, WritingFlags } from "../language/writing.js";

export interface EvaluateOptions extends TextColumns, PairColumns, Seq2SeqColumns, WritingFlags {
  readonly separator: string;
  readonly attack?: boolean;
  readonly epsilon: number;
  readonly report?: string;
  readonly predictions?: string;
  /** Of a causal model */
  readonly stride?: number;
}

export async function evaluateAction(context: Context, given: string, path: string, options: EvaluateOptions): Promise<void> {
  const { terminal, withEngine } = context;
  const place = await findModel(context, given);
  const { folder } = place;
  const several = await tasksIn(folder);
  if (several !== undefined) {
    const names = Object.keys(several);
    throw new CalledWrongly({
      op: folder,
      what: "these are several tasks, each with examples of its own",
      got: names.join(", "),
      hint: `measure one: tetrad evaluate ${given}/${names[0]} ${path}`,
    });
  }
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  if (await isCausal(place)) return (await import("./evaluate-lm.js")).evaluateLm(context, place, path, options, seconds);
  const task = await languageTask(place);
  if (task === undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "this is a network for a table, not a language model",
      hint: `measure it with: tetrad predict ${given} ${path}`,
    });
  }
  const evaluate = task in WITH_REPORT ? await WITH_REPORT[task as keyof typeof WITH_REPORT]() : undefined;
  if (evaluate !== undefined) return evaluate(context, folder, path, options, seconds);
  if (options.report !== undefined || options.predictions !== undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "--report and --predictions are for classes, entities and texts that are written",
      got: task,
      hint: "leave them out; --json has the figures",
    });
  }
  const measure = await (await import("./evaluate-tasks.js")).MEASURES[task as WithoutReport](path, options, terminal);
  const { examples, text, facts } = await withEngine((engine) => measure(engine, folder));
  terminal.result(`${examples} of ${path} in ${seconds().toFixed(1)} s:\n\n${text}`, { ...facts, seconds: seconds() });
}

/** What has a report and predictions. */
const WITH_REPORT = {
  classify: async () => (await import("./evaluate-classes.js")).evaluateClasses,
  tag: async () => (await import("./evaluate-entities.js")).evaluateEntities,
  seq2seq: async () => (await import("./evaluate-seq2seq.js")).evaluateSeq2Seq,
};

type WithoutReport = Exclude<LanguageTask, keyof typeof WITH_REPORT>;
