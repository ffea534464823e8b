/** README.md of a fine-tuned folder: a model card with its data and how good it is. */

export interface CardFacts {
  readonly base: string;
  readonly data: string;
  readonly texts: number;
  readonly classes: number;
  readonly recipe: Readonly<Record<string, number | string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly measuredOn: string;
}

export function classifierCard({ base, data, texts, classes, recipe, metrics, measuredOn }: CardFacts): string {
  const list = (facts: Readonly<Record<string, number | string>>) => Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`);
  return [
    "---",
    "library_name: transformers",
    "pipeline_tag: text-classification",
    "license: unknown",
    `base_model: ${JSON.stringify(base)}`,
    "---",
    "",
    `Puts texts into ${classes} classes. Fine-tuned by Tetrad from ${base} on ${texts} texts of ${data}.`,
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
