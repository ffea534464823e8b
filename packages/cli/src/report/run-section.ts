/** What was measured on what: the model's folder, how it was trained, and the file. */

import type { RunFacts } from "../language/run-facts.js";
import { duration } from "../progress.js";
import type { Section } from "./page.js";

/** @param data of the examples, by names for people */
export function runSection(run: RunFacts, data: Readonly<Record<string, number | string>>): Section {
  const facts: Readonly<Record<string, number | string | undefined>> = {
    model: run.folder,
    task: run.task,
    "fine-tuned from": run.base,
    "learned from": run.data,
    epochs: run.epochs,
    steps: run.steps,
    "examples a step": run.batchSize,
    ...run.recipe,
    "mean loss of training": run.trainLoss?.toFixed(4),
    "time of training": run.trainSeconds === undefined ? undefined : duration(run.trainSeconds),
  };
  const rows = Object.entries(facts).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, `${value}`]]));
  const measured = Object.entries(data).map(([name, value]): [string, string] => [name, `${value}`]);
  return {
    title: "Model and data",
    tables: [
      { caption: "The model, as far as its folder tells", header: ["", ""], rows, words: true },
      { caption: "What it was measured on", header: ["", ""], rows: measured, words: true },
    ],
  };
}
