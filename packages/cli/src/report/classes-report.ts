/** Report of a classifier on texts whose classes are known. */
import { basename } from "node:path";
import { averagePrecision, type Calibration, type ClassScore, classScores, confusionMatrix, type Interval, rocAuc } from "@tetrad/engine";
import { beginning, type Classified, type LabelledText } from "@tetrad/language";
import type { RunFacts } from "../language/run-facts.js";
import { percent } from "../numbers.js";
import { type ClassPair, classPairs } from "./confusions.js";
import { type Figures, f1Chart, figuresTable } from "./figures.js";
import { heatMap } from "./heat-map.js";
import { page, type ReportTable, type Section } from "./page.js";
import { runSection } from "./run-section.js";
import { confidenceChart, type Decisions, precisionRecallChart, reliabilityChart, rocChart } from "./score-charts.js";
import { element, escapeText } from "./svg.js";

export interface ClassesReport {
  readonly run: RunFacts;
  /** The file */
  readonly path: string;
  readonly labels: readonly string[];
  readonly rows: readonly LabelledText[];
  readonly predicted: readonly Classified[];
  readonly figures: Figures;
  readonly calibration: Calibration;
}

/** More curves than this hide one another. */
const MOST_CURVES = 4;
const MOST_CONFUSIONS = 15;
const MOST_ERRORS = 20;
const MOST_BARS = 15;
/** Letters of a text that is shown */
const MOST_LETTERS = 400;

export function classesReport(report: ClassesReport): string {
  const { run, path, labels, rows, figures } = report;
  const { value, low, high } = figures["accuracy"] as Interval;
  const lead = `${percent(value)} of ${rows.length} texts are put into the right one of ${labels.length} classes; with other texts of the same kind it would be between ${percent(low)} and ${percent(high)}.`;
  const classes = classRows(report);
  return page(`${basename(run.folder)} on ${basename(path)}`, lead, [
    { title: "Figures", tables: [figuresTable(figures)] },
    classesSection(classes),
    confusionsSection(report),
    probabilitiesSection(report, classes),
    errorsSection(report),
    runSection(run, { file: path, texts: rows.length, "classes in the file": new Set(rows.map(({ label }) => label)).size }),
  ]);
}

interface ClassRow {
  readonly label: string;
  readonly score: ClassScore;
  readonly decisions: Decisions;
}

/** Classes that occur, those with the lowest F1 first. */
function classRows({ labels, rows, predicted }: ClassesReport): ClassRow[] {
  const target = rows.map(({ label }) => label);
  const guessed = predicted.map(({ label }) => label);
  const scores = classScores(target, guessed, { labels });
  return labels
    .map((label, c) => ({
      label,
      score: scores[c] as ClassScore,
      decisions: {
        name: label,
        target: target.map((own) => own === label),
        scores: predicted.map(({ probabilities }) => probabilities[c] as number),
      },
    }))
    .filter(({ score, label }) => score.support > 0 || guessed.includes(label))
    .sort((a, b) => a.score.f1 - b.score.f1);
}

function classesSection(all: readonly ClassRow[]): Section {
  const number = (value: number) => (Number.isNaN(value) ? "" : value.toFixed(4));
  const rows = all.map(({ label, score, decisions: { target, scores } }) => {
    const { precision, recall, f1, support } = score;
    return [
      label,
      ...[precision, recall, f1, rocAuc(target, scores), support === 0 ? Number.NaN : averagePrecision(target, scores)].map(number),
      `${support}`,
    ];
  });
  return {
    title: "Classes",
    tables: [
      {
        caption: "Each class against the others, those with the lowest F1 first",
        header: ["class", "precision", "recall", "F1", "ROC AUC", "average precision", "texts"],
        rows,
      },
    ],
    figures: [f1Chart(all.slice(0, MOST_BARS).map(({ label, score }) => [label, score.f1]))],
  };
}

function confusionsSection({ labels, rows, predicted }: ClassesReport): Section {
  const counts = confusionMatrix(
    rows.map(({ label }) => label),
    predicted.map(({ label }) => label),
    labels,
  );
  const pairs = classPairs(counts);
  const wrong = pairs.filter(({ target, predicted: said }) => target !== said);
  const caption =
    "Each row is a class, each square the share of it that was taken for the class of the column: blue where that is right, orange where it is wrong; the stronger the colour, the larger the share. Rest the pointer on a square for its count.";
  return {
    title: "Confusions",
    blocks: [heatMap(labels, pairs, caption)],
    tables: wrong.length === 0 ? [] : [confusionTable(labels, wrong)],
  };
}

function confusionTable(labels: readonly string[], wrong: readonly ClassPair[]): ReportTable {
  return {
    caption: `The most frequent of ${wrong.length} confusions`,
    header: ["true class", "taken for", "texts", "of the class"],
    rows: wrong
      .slice(0, MOST_CONFUSIONS)
      .map(({ target, predicted, count, share }) => [labels[target] as string, labels[predicted] as string, `${count}`, percent(share)]),
    words: true,
  };
}

function probabilitiesSection({ labels, rows, predicted, calibration }: ClassesReport, classes: readonly ClassRow[]): Section {
  const all = decisions(labels, classes);
  const confidence = predicted.map(({ probabilities }) => Math.max(...probabilities));
  const right = predicted.map(({ label }, i) => label === rows[i]?.label);
  return {
    title: "Probabilities",
    figures: [
      rocChart(all),
      precisionRecallChart(all),
      reliabilityChart(calibration),
      confidenceChart(confidence, right, calibration.bins.length),
    ],
  };
}

/** Of two classes the second one; of few each; of many all decisions together, and those that are the worst. */
function decisions(labels: readonly string[], classes: readonly ClassRow[]): Decisions[] {
  const own = classes.map((row) => row.decisions).filter(({ target }) => target.includes(true) && target.includes(false));
  if (labels.length === 2) return own.filter(({ name }) => name === labels[1]);
  if (own.length <= MOST_CURVES) return own;
  const together = {
    name: "all decisions",
    target: own.flatMap(({ target }) => target),
    scores: own.flatMap(({ scores }) => scores),
  };
  return [together, ...own.slice(0, MOST_CURVES - 1)];
}

function errorsSection({ labels, rows, predicted }: ClassesReport): Section {
  const errors = predicted
    .map(({ label, probabilities }, i) => {
      const { text, label: own } = rows[i] as LabelledText;
      return { text, own, label, sure: Math.max(...probabilities), truth: probabilities[labels.indexOf(own)] as number };
    })
    .filter(({ own, label }) => own !== label)
    .sort((a, b) => b.sure - a.sure);
  const shown = errors.slice(0, MOST_ERRORS);
  return {
    title: "Errors",
    paragraphs: [
      errors.length === 0
        ? "There are none."
        : `${shown.length} of ${errors.length}, those of which the model was surest first. Some may be errors of the file: look at these texts before changing the model.`,
    ],
    blocks: [
      element(
        "ol",
        { class: "texts" },
        ...shown.map(({ text, own, label, sure, truth }) =>
          element(
            "li",
            {},
            escapeText(beginning(text, MOST_LETTERS)),
            element("div", {}, escapeText(`predicted ${label} (${percent(sure)}), is ${own} (${percent(truth)})`)),
          ),
        ),
      ),
    ],
  };
}
