/** The work of `tetrad runs`. */
import { existsSync } from "node:fs";
import { TetradError } from "@tetrad/engine";
import { CalledWrongly } from "../called-wrongly.js";
import type { Context } from "../context.js";
import { findRuns, type RunFacts, readRun } from "../language/run-facts.js";
import type { TextColumns } from "../language/texts.js";
import { aligned } from "../numbers.js";

export interface RunsOptions extends TextColumns {
  readonly compare?: readonly string[];
  readonly data?: string;
}

export async function runsAction(context: Context, folders: readonly string[], options: RunsOptions): Promise<void> {
  const { compare, data } = options;
  if (compare !== undefined) {
    const [first, second, ...more] = compare;
    if (first !== undefined && second !== undefined && more.length === 0 && data !== undefined)
      return (await import("./compare-runs.js")).compareRuns(context, [first, second], data, options);
    throw new CalledWrongly({
      op: "runs",
      what: "a comparison is of two models on one file",
      got: `${compare.length} models, ${data === undefined ? "no file" : "a file"}`,
      expected: "--compare FIRST SECOND --data FILE",
    });
  }
  const absent = folders.find((folder) => !existsSync(folder));
  if (absent !== undefined) throw new TetradError("IO", { op: absent, what: "there is no such folder" });
  const found = await Promise.all((folders.length === 0 ? ["."] : folders).map(findRuns));
  const runs = await Promise.all([...new Set(found.flat())].map(readRun));
  context.terminal.result(runs.length === 0 ? "no fine-tuned model is here" : aligned(runs.map(cells), COLUMNS).join("\n"), runs);
}

const COLUMNS = 6;

function cells({ folder, task = "", base = "", data = "", steps, epochs, figures }: RunFacts): string[] {
  const measured = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const length = steps === undefined ? "" : `${steps} steps`;
  const passes = epochs === undefined ? "" : `${Number(epochs.toFixed(2))} epochs`;
  return [folder, task, base, data, [length, passes].filter((text) => text !== "").join(", "), measured.join(", ")];
}
