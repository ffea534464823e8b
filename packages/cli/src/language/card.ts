/** README.md of a fine-tuned folder: a model card with its data and how good it is. */

export interface CardFacts {
  readonly task: string;
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
    "library_name: transformers",
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
