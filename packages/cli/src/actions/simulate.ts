/** The work of `tetrad simulate`: a CSV file for each data set of a theory. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "@tetrad/engine";
import { type Columns, parameterValues, simulate } from "@tetrad/theory";
import type { Context } from "../context.js";
import { csvText } from "../csv-text.js";
import { readTheoryAndData } from "../sampling/plan.js";

export interface SimulateCommandOptions {
  readonly data: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly model?: string;
  readonly set: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly out: string;
}

export async function simulateAction(
  { terminal }: Context,
  path: string,
  file: string | undefined,
  { data, folder, model, set: values, seed, out }: SimulateCommandOptions,
): Promise<void> {
  const { theory, given } = await readTheoryAndData({
    theory: path,
    model: model ?? null,
    data: file ?? null,
    named: data,
    folder: folder ?? null,
  });
  const drawn = Object.entries(simulate(theory, given, { values, seed }));
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
