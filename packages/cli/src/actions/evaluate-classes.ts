/** What `tetrad evaluate` does with classifiers. */
import {
  averageScores,
  balancedAccuracy,
  bootstrapInterval,
  calibration,
  classScores,
  labelsOf,
  matthewsCorrelation,
  writeFileAtomic,
} from "@tetrad/engine";
import {
  accuracyUnderMoves,
  accuracyUnderWords,
  type ClassifierEvaluation,
  evaluateClassifier,
  type LabelledText,
  openClassifier,
} from "@tetrad/language";
import type { Context } from "../context.js";
import { csvText } from "../csv-text.js";
import { noteCut } from "../language/cut-texts.js";
import { accuracyOf, figureOf, macroF1Of, meanOf } from "../language/figures.js";
import { readRun } from "../language/run-facts.js";
import { readLabelled } from "../language/texts.js";
import { intervalText } from "../numbers.js";
import { classesReport } from "../report/classes-report.js";
import type { Figures } from "../report/figures.js";
import type { EvaluateOptions } from "./evaluate.js";

export async function evaluateClasses(
  { terminal, withEngine }: Context,
  folder: string,
  path: string,
  options: EvaluateOptions,
  seconds: () => number,
): Promise<void> {
  const rows = await readLabelled(path, options, (text) => terminal.note(text));
  const { labels, measured, left } = await withEngine(async (engine) => {
    const classifier = await openClassifier(engine, folder, noteCut(terminal));
    const own = { labels: classifier.labels, measured: await evaluateClassifier(engine, classifier, rows) };
    if (options.attack !== true) return { ...own, left: undefined };
    terminal.status("choosing texts against the model");
    const attacked = {
      moves: await accuracyUnderMoves(engine, classifier, rows, { epsilon: options.epsilon }),
      words: await accuracyUnderWords(engine, classifier, rows),
    };
    terminal.status("");
    return { ...own, left: attacked };
  });
  const { report, predicted, ...measures } = measured;
  const target = rows.map(({ label }) => label);
  const guessed = predicted.map(({ label }) => label);
  const accuracy = bootstrapInterval(rows.length, accuracyOf(target, guessed));
  const macroF1 = bootstrapInterval(rows.length, macroF1Of(target, guessed));
  if (options.predictions !== undefined) await writeFileAtomic(options.predictions, predictionsText(rows, measured));
  if (options.report !== undefined) {
    const figures = { accuracy, "macro F1": macroF1, ...furtherFigures(labels, rows, measured) };
    const about = { run: await readRun(folder), path, labels, rows, predicted, figures };
    await writeFileAtomic(options.report, classesReport({ ...about, calibration: calibrationOf(labels, rows, measured) }));
  }
  const lines = [
    `accuracy ${intervalText(accuracy)}, macro F1 ${intervalText(macroF1)} (95 % intervals by the bootstrap)`,
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
    classes: scoresByClass(target, guessed),
    intervals: { accuracy, macroF1 },
    ...(left !== undefined && { accuracyUnderMoves: left.moves, accuracyUnderWords: left.words }),
    seconds: seconds(),
  });
}

/** Precision, recall, F1 and support of each class that occurs. */
function scoresByClass(target: readonly string[], guessed: readonly string[]) {
  const labels = labelsOf(target, guessed);
  const scores = classScores(target, guessed, { labels });
  return Object.fromEntries(labels.map((label, i) => [label, scores[i]]));
}

/** What the report has beside accuracy and macro F1. */
function furtherFigures(labels: readonly string[], rows: readonly LabelledText[], evaluation: ClassifierEvaluation): Figures {
  const target = rows.map(({ label }) => label);
  const guessed = evaluation.predicted.map(({ label }) => label);
  const ofLabels = (measure: (own: readonly string[], said: readonly string[]) => number) =>
    bootstrapInterval(rows.length, figureOf(measure, target, guessed));
  const truths = evaluation.predicted.map(({ probabilities }, i) => ({
    probability: probabilities[labels.indexOf(target[i] as string)] as number,
    probabilities,
  }));
  const isAmongThree = truths.map(({ probability, probabilities }) => Number(probabilities.filter((p) => p > probability).length < 3));
  const losses = truths.map(({ probability }) => -Math.log(Math.max(Number.EPSILON, probability)));
  return {
    "weighted F1": ofLabels((own, said) => averageScores(own, said, "weighted").f1),
    "balanced accuracy": ofLabels(balancedAccuracy),
    "Matthews' correlation": ofLabels(matthewsCorrelation),
    "among the three most probable": bootstrapInterval(rows.length, meanOf(isAmongThree)),
    "log loss": bootstrapInterval(rows.length, meanOf(losses)),
    "Cohen's kappa": evaluation.kappa,
    "ROC AUC, each class against the others, weighted": evaluation.rocAuc,
    "expected calibration error": evaluation.calibrationError,
  };
}

function calibrationOf(labels: readonly string[], rows: readonly LabelledText[], { predicted }: ClassifierEvaluation) {
  return calibration(
    rows.map(({ label }) => labels.indexOf(label)),
    predicted.flatMap(({ probabilities }) => Array.from(probabilities)),
  );
}

/** A row a text, for people and for comparisons of runs. */
function predictionsText(rows: readonly LabelledText[], { predicted }: ClassifierEvaluation): string {
  const cells = predicted.map(({ label, probabilities }, i) => {
    const { text, label: own } = rows[i] as LabelledText;
    return [text, own, label, Number(Math.max(...probabilities).toPrecision(6))];
  });
  return `${csvText([["text", "label", "predicted", "probability"], ...cells])}\n`;
}
