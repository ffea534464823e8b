/** README.md of a fine-tuned folder: a model card with its data and how good it is. */

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
  /** What it does, in a sentence */
  readonly summary: string;
  readonly base: string;
  readonly data: string;
  readonly recipe: Readonly<Record<string, number | string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly measuredOn: string;
}

export function modelCard({ task, summary, base, data, recipe, metrics, measuredOn }: CardFacts): string {
  const list = (facts: Readonly<Record<string, number | string>>) => Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`);
  return [
    "---",
    `library_name: ${task === "sentence-similarity" ? "sentence-transformers" : "transformers"}`,
    `pipeline_tag: ${task}`,
    "license: unknown",
    `base_model: ${JSON.stringify(base)}`,
    "---",
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
    "The licence is that of the base model and of the data; set `license` above accordingly.",
    "",
  ].join("\n");
}
