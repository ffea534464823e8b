/** What each task that can share a model needs of its files, and what is said of how good it is. */
import type { Engine } from "@tetrad/engine";
import {
  evaluateAnswerer,
  evaluateClassifier,
  evaluateMultiLabel,
  evaluateRegressor,
  evaluateTagger,
  type TaskKind,
  type TaskModel,
  type TaskPart,
} from "@tetrad/language";
import { answerText, regressionText } from "../actions/evaluate-tasks.js";
import type { TaskSettings } from "../config/multi-task-config.js";
import type { CardFacts } from "./card.js";
import { readQuestions } from "./questions.js";
import { readLabelled, readMultiLabelled, readRated, readTagged } from "./texts.js";

type Row<Kind extends TaskKind> = TaskPart<Kind>["rows"][number];

export interface Measured {
  /** For people */
  readonly text: string;
  /** By the names that evaluations in training have for them */
  readonly figures: Readonly<Record<string, number>>;
}

interface Handler<Kind extends TaskKind> {
  /** In the Hub's words */
  readonly task: CardFacts["task"];
  /** What the examples are called */
  readonly examples: string;
  /** What the model does, in a few words */
  readonly does: string;
  read(path: string, settings: TaskSettings, note: (text: string) => void): Promise<readonly Row<Kind>[]>;
  /** Where rows have labels to share out evenly */
  labelsOf?(row: Row<Kind>): readonly string[];
  measure(engine: Engine, model: TaskModel<Kind>, rows: readonly Row<Kind>[]): Promise<Measured>;
}

/** Columns, which are called as by the task's own command where nothing is said */
const columns = ({ text = "text", label }: TaskSettings, usual: string) => ({ text, label: label ?? usual });

export const HANDLERS: { readonly [Kind in TaskKind]: Handler<Kind> } = {
  classify: {
    task: "text-classification",
    examples: "texts",
    does: "puts texts into classes",
    read: (path, settings, note) => readLabelled(path, columns(settings, "label"), note),
    labelsOf: ({ label }) => [label],
    async measure(engine, model, rows) {
      const { accuracy, macroF1, report } = await evaluateClassifier(engine, model, rows);
      return { text: report, figures: { accuracy, f1: macroF1 } };
    },
  },
  "multi-label": {
    task: "text-classification",
    examples: "texts",
    does: "says which labels a text has",
    read: (path, settings) => readMultiLabelled(path, columns(settings, "labels"), settings.separator ?? "|"),
    labelsOf: ({ labels }) => labels,
    async measure(engine, model, rows) {
      const { micro, macro, report } = await evaluateMultiLabel(engine, model, rows);
      return { text: report, figures: { f1: micro.f1, f1_macro: macro.f1 } };
    },
  },
  regress: {
    task: "text-classification",
    examples: "texts",
    does: "gives a text a number",
    read: (path, settings, note) => readRated(path, columns(settings, "value"), note),
    async measure(engine, model, rows) {
      const measured = await evaluateRegressor(engine, model, rows);
      const { r2, mae, pearson, spearman } = measured;
      return { text: regressionText(measured), figures: { r2, mae, pearson, spearman } };
    },
  },
  ner: {
    task: "token-classification",
    examples: "sentences",
    does: "finds entities",
    read: (path) => readTagged(path),
    async measure(engine, model, rows) {
      const { scores, report } = await evaluateTagger(engine, model, rows);
      const { f1, precision, recall } = scores.micro;
      return { text: report ?? "no entity is in them, and none was found", figures: { f1, precision, recall, accuracy: scores.accuracy } };
    },
  },
  qa: {
    task: "question-answering",
    examples: "questions",
    does: "finds the answer to a question in a text",
    read: (path) => readQuestions(path),
    async measure(engine, model, rows) {
      const measured = await evaluateAnswerer(engine, model, rows);
      return { text: answerText(measured), figures: { f1: measured.f1, exact_match: measured.exactMatch } };
    },
  },
};
