/** The work of `tetrad evaluate`. */
import { TetradError } from "@tetrad/engine";
import type { Context } from "../context.js";
import { findModel } from "../language/find-model.js";
import { isCausal, languageTask } from "../language/folder.js";
import type { PairColumns, Seq2SeqColumns } from "../language/pairs.js";
import type { TextColumns } from "../language/texts.js";

export interface EvaluateOptions extends TextColumns, PairColumns, Seq2SeqColumns {
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
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  if (await isCausal(place)) return (await import("./evaluate-lm.js")).evaluateLm(context, place, path, options, seconds);
  const task = await languageTask(folder);
  if (task === undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "this is a network for a table, not a language model",
      hint: `measure it with: tetrad predict ${given} ${path}`,
    });
  }
  if (task !== "classify" && task !== "tag") {
    if (options.report !== undefined || options.predictions !== undefined) {
      throw new TetradError("UNSUPPORTED", {
        op: folder,
        what: "--report and --predictions are for classes and entities",
        got: task,
        hint: "leave them out; --json has the figures",
      });
    }
    const measure = await (await import("./evaluate-tasks.js")).MEASURES[task](path, options, terminal);
    const { examples, text, facts } = await withEngine((engine) => measure(engine, folder));
    return terminal.result(`${examples} of ${path} in ${seconds().toFixed(1)} s:\n\n${text}`, { ...facts, seconds: seconds() });
  }
  const evaluate =
    task === "classify"
      ? (await import("./evaluate-classes.js")).evaluateClasses
      : (await import("./evaluate-entities.js")).evaluateEntities;
  await evaluate(context, folder, path, options, seconds);
}
