/** The work of `tetrad evaluate`. */
import { TetradError } from "@tetrad/engine";
import { evaluateClassifier, evaluateTagger, openClassifier, openTagger } from "@tetrad/language";
import type { Context } from "../context.js";
import { findModel, languageTask } from "../language/folder.js";
import type { PairColumns } from "../language/pairs.js";
import { readLabelled, readTagged, type TextColumns } from "../language/texts.js";

export interface EvaluateOptions extends TextColumns, PairColumns {
  readonly separator: string;
}

export async function evaluateAction(context: Context, given: string, path: string, options: EvaluateOptions): Promise<void> {
  const { terminal, withEngine } = context;
  const { folder } = await findModel(context, given);
  const task = await languageTask(folder);
  if (task === undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: folder,
      what: "this is a network for a table, not a language model",
      hint: `measure it with: tetrad predict ${given} ${path}`,
    });
  }
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  if (task === "answer") throw new TetradError("UNSUPPORTED", { op: folder, what: "answers are not measured" });
  if (task !== "classify" && task !== "tag") {
    const measure = await (await import("./evaluate-tasks.js")).MEASURES[task](path, options, terminal);
    const { examples, text, facts } = await withEngine((engine) => measure(engine, folder));
    return terminal.result(`${examples} of ${path} in ${seconds().toFixed(1)} s:\n\n${text}`, { ...facts, seconds: seconds() });
  }
  if (task === "classify") {
    const rows = await readLabelled(path, options, (text) => terminal.note(text));
    const {
      report,
      predicted: _,
      ...measures
    } = await withEngine(async (engine) => evaluateClassifier(engine, await openClassifier(engine, folder), rows));
    const lines = [
      `balanced accuracy ${measures.balancedAccuracy.toFixed(4)}, MCC ${measures.mcc.toFixed(4)}, kappa ${measures.kappa.toFixed(4)}`,
      `ROC AUC ${measures.rocAuc.toFixed(4)} (each class against the others, weighted), among the three most probable ${measures.top3Accuracy.toFixed(4)}`,
      `log loss ${measures.logLoss.toFixed(4)}, calibration error ${measures.calibrationError.toFixed(4)}`,
    ];
    terminal.result(`${measures.texts} texts of ${path} in ${seconds().toFixed(1)} s:\n\n${report}\n${lines.join("\n")}`, {
      ...measures,
      seconds: seconds(),
    });
    return;
  }
  const sentences = await readTagged(path);
  const { scores, report, words } = await withEngine(async (engine) => evaluateTagger(engine, await openTagger(engine, folder), sentences));
  const { micro, macro, types, accuracy } = scores;
  terminal.result(
    `${sentences.length} sentences of ${path}, ${words} words, in ${seconds().toFixed(1)} s, as seqeval counts:\n\n${report ?? "no entity is in them, and none was found"}`,
    { sentences: sentences.length, words, ...micro, macroF1: macro.f1, accuracy, types: Object.fromEntries(types), seconds: seconds() },
  );
}
