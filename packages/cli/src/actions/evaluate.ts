/** The work of `tetrad evaluate`. */
import { TetradError } from "@tetrad/engine";
import { accuracyUnderMoves, accuracyUnderWords, evaluateClassifier, evaluateTagger, openClassifier, openTagger } from "@tetrad/language";
import type { Context } from "../context.js";
import { findModel } from "../language/find-model.js";
import { languageTask } from "../language/folder.js";
import type { PairColumns, Seq2SeqColumns } from "../language/pairs.js";
import { readLabelled, readTagged, type TextColumns } from "../language/texts.js";

export interface EvaluateOptions extends TextColumns, PairColumns, Seq2SeqColumns {
  readonly separator: string;
  readonly attack?: boolean;
  readonly epsilon: number;
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
  if (task !== "classify" && task !== "tag") {
    const measure = await (await import("./evaluate-tasks.js")).MEASURES[task](path, options, terminal);
    const { examples, text, facts } = await withEngine((engine) => measure(engine, folder));
    return terminal.result(`${examples} of ${path} in ${seconds().toFixed(1)} s:\n\n${text}`, { ...facts, seconds: seconds() });
  }
  if (task === "classify") {
    const rows = await readLabelled(path, options, (text) => terminal.note(text));
    const { measured, left } = await withEngine(async (engine) => {
      const classifier = await openClassifier(engine, folder);
      const own = await evaluateClassifier(engine, classifier, rows);
      if (options.attack !== true) return { measured: own, left: undefined };
      terminal.status("choosing texts against the model");
      const attacked = {
        moves: await accuracyUnderMoves(engine, classifier, rows, { epsilon: options.epsilon }),
        words: await accuracyUnderWords(engine, classifier, rows),
      };
      terminal.status("");
      return { measured: own, left: attacked };
    });
    const { report, predicted: _, ...measures } = measured;
    const lines = [
      `balanced accuracy ${measures.balancedAccuracy.toFixed(4)}, MCC ${measures.mcc.toFixed(4)}, kappa ${measures.kappa.toFixed(4)}`,
      `ROC AUC ${measures.rocAuc.toFixed(4)} (each class against the others, weighted), among the three most probable ${measures.top3Accuracy.toFixed(4)}`,
      `log loss ${measures.logLoss.toFixed(4)}, calibration error ${measures.calibrationError.toFixed(4)}`,
      ...(left === undefined
        ? []
        : [
            `accuracy when each text's word embeddings are moved against it by ${options.epsilon} (PGD, 10 steps): ${left.moves.toFixed(4)}`,
            `accuracy when some of its words are replaced by near ones, chosen against it: ${left.words.toFixed(4)}`,
          ]),
    ];
    terminal.result(`${measures.texts} texts of ${path} in ${seconds().toFixed(1)} s:\n\n${report}\n${lines.join("\n")}`, {
      ...measures,
      ...(left !== undefined && { accuracyUnderMoves: left.moves, accuracyUnderWords: left.words }),
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
