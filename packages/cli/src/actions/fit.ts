/** The work of `tetrad fit`: parameters with uncertainties, and which of several theories the data prefer. */
import { readBytes, readTable, writeFileAtomic } from "@tetrad/engine";
import { compareTheories, fitTheory, loadTheories } from "@tetrad/theory";
import type { Context } from "../context.js";
import { comparisonText, fitText } from "../fit-text.js";
import { type FittedTheory, fitSections } from "../report/fit-sections.js";
import { page } from "../report/page.js";

export interface FitOptions {
  readonly starts: number;
  readonly report?: string;
}

export async function fitAction(
  { terminal, withEngine }: Context,
  files: readonly string[],
  data: string,
  options: FitOptions,
): Promise<void> {
  const theories = (await Promise.all(files.map((file) => loadTheories(file)))).flat();
  const table = readTable(await readBytes(data), data);
  const fitted = await withEngine(async (engine) => {
    const all: FittedTheory[] = [];
    for (const theory of theories) all.push({ theory, fit: await fitTheory(engine, theory, table, { starts: options.starts }) });
    return all;
  });
  const fits = fitted.map(({ fit }) => fit);
  const comparison = fits.length > 1 ? compareTheories(fits) : undefined;
  if (options.report !== undefined) {
    const lead = `${theories.map(({ title }) => title).join(", ")}, fitted to the ${table.rows.length} rows of ${data}.`;
    await writeFileAtomic(options.report, page(`Fits to ${data}`, lead, fitSections(fitted, comparison)));
  }
  const text = [
    ...fits.map((fit) => fitText(fit, terminal.colors)),
    ...(comparison === undefined ? [] : [comparisonText(fits, comparison, terminal.colors)]),
  ].join("\n\n");
  terminal.result(text, { fits, comparison: comparison ?? null, report: options.report ?? null });
}
