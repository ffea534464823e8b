/** The work of `tetrad simulate`: a CSV file for each data set of a theory. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { TetradError, writeFileAtomic } from "@tetrad/engine";
import { type Columns, loadTheories, parameterValues, simulate } from "@tetrad/theory";
import type { Context } from "../context.js";
import { csvText } from "../csv-text.js";
import { dataOf } from "../theory-data.js";

export interface SimulateCommandOptions {
  readonly data: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly set: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly out: string;
}

export async function simulateAction(
  { terminal }: Context,
  path: string,
  file: string | undefined,
  { data, folder, set: values, seed, out }: SimulateCommandOptions,
): Promise<void> {
  const [theory, ...others] = await loadTheories(path, { folder });
  if (theory === undefined || others.length > 0)
    throw new TetradError("ARGUMENT", { op: path, what: "the file holds several models", expected: "one to draw data from" });
  const drawn = Object.entries(simulate(theory, await dataOf(theory, file, data), { values, seed }));
  const several = drawn.length > 1;
  if (several) mkdirSync(out, { recursive: true });
  const files = drawn.map(([name, set]) => ({ name, file: several ? join(out, `${name}.csv`) : out, ...table(set) }));
  for (const { file: to, text } of files) await writeFileAtomic(to, text);
  const truth = { ...parameterValues(theory), ...values };
  const parameters = Object.fromEntries(theory.parameters.map(({ name }) => [name, truth[name]]));
  terminal.result(
    [
      ...files.map(({ name, file: to, rows }) => `${to}: ${rows} rows of ${name}`),
      `with ${Object.entries(parameters)
        .map(([name, value]) => `${name} = ${value}`)
        .join(", ")}, seed ${seed}`,
    ].join("\n"),
    { files: files.map(({ name, file: to, rows }) => ({ name, file: to, rows })), parameters, seed },
  );
}

function table({ columns }: Columns): { readonly text: string; readonly rows: number } {
  const names = Object.keys(columns);
  const rows = columns[names[0] as string]?.length ?? 0;
  const cells = Array.from({ length: rows }, (_, row) => names.map((name) => columns[name]?.[row] as number));
  return { text: `${csvText([names, ...cells])}\n`, rows };
}
