/** README.md of a fine-tuned folder: a model card whose head the Hub reads, with its data and how good it is. */
import { parseDocument, stringify } from "yaml";
import { defined } from "../defined.js";
import { frontMatter } from "./front-matter.js";
import type { Licence } from "./licence.js";

/** Of the hub's names, those that we train */
type Task =
  | "fill-mask"
  | "question-answering"
  | "sentence-similarity"
  | "summarization"
  | "text-classification"
  | "text-generation"
  | "token-classification";

export interface CardFacts {
  readonly task: Task;
  /** Whether the folder is an adapter's */
  readonly adapter?: boolean;
  /** What it does, in a sentence */
  readonly summary: string;
  /** Its folder's */
  readonly name: string;
  readonly base: string;
  /** The base model's */
  readonly licence: Licence;
  readonly data: string;
  readonly recipe: Readonly<Record<string, number | string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly measuredOn: string;
}

export function modelCard(facts: CardFacts): string {
  const { task, summary, base, licence, data, recipe, metrics, measuredOn } = facts;
  const list = (entries: Readonly<Record<string, number | string>>) =>
    Object.entries(entries).map(([name, value]) => `- ${name}: ${value}`);
  const head = { library_name: libraryOf(facts), pipeline_tag: task, ...licence, base_model: base, "model-index": [modelIndex(facts)] };
  return [
    "---",
    `${stringify(head)}---`,
    "",
    `${summary} Fine-tuned by Tetrad from ${base} on ${data}.`,
    "",
    `Measured on ${measuredOn}:`,
    "",
    ...list(Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value.toFixed(4)]))),
    "",
    "Recipe:",
    "",
    ...list(recipe),
    "",
    licence.license === undefined
      ? "The base model's folder states no licence: add `license` above once you know it, and that of the data."
      : "The licence is the base model's; that of the data may ask for more.",
    "",
  ].join("\n");
}

/** What opens the folder. */
function libraryOf({ task, adapter }: CardFacts): string {
  if (adapter === true) return "peft";
  return task === "sentence-similarity" ? "sentence-transformers" : "transformers";
}

/** What the Hub shows beside a model. Figures that are not numbers (a correlation where all is alike) are left out. */
function modelIndex({ name, task, metrics, measuredOn }: CardFacts) {
  const measured = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return {
    name,
    results: [
      {
        task: { type: task },
        dataset: { name: measuredOn, type: measuredOn.replace(/[^\w.-]+/g, "-") },
        metrics: measured.map(([metric, value]) => ({ name: metric, type: metricType(metric), value })),
      },
    ],
  };
}

/** By Hugging Face's names of metrics, where ours are others. */
const METRIC_TYPES: Readonly<Record<string, string>> = {
  R2: "r_squared",
  "mean absolute error": "mae",
  "root mean squared error": "rmse",
  Pearson: "pearsonr",
  Spearman: "spearmanr",
};

function metricType(name: string): string {
  return METRIC_TYPES[name] ?? (name.endsWith("F1") ? "f1" : name.replaceAll(" ", "_"));
}

/** What the card of a folder says, ours or another's; nothing of what it does not say. */
export interface CardOfFolder {
  readonly task?: string;
  readonly base?: string;
  readonly data?: string;
  readonly measuredOn?: string;
  readonly recipe: Readonly<Record<string, string>>;
}

export function readCard(text: string): CardOfFolder {
  const { head, body } = frontMatter(text);
  const fields = parseDocument(head);
  const field = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const recipe = /^Recipe:\n\n((?:- .*\n)*)/m.exec(body)?.[1] ?? "";
  return {
    ...defined({
      task: field("pipeline_tag"),
      base: field("base_model"),
      data: /Fine-tuned by Tetrad from .* on (.*)\.$/m.exec(body)?.[1],
      measuredOn: /^Measured on (.*):$/m.exec(body)?.[1],
    }),
    recipe: Object.fromEntries([...recipe.matchAll(/^- (.*?): (.*)$/gm)].map(([, name, value]) => [name, value])),
  };
}
