/** The work of `tetrad fit`: parameters with uncertainties, and which of several theories the data prefer. */
import { writeFileAtomic } from "@tetrad/engine";
import { compareTheories, type FitMethod, fitTheory, loadTheories, type TheoryData, withWeightDecay } from "@tetrad/theory";
import type { Context } from "../context.js";
import { comparisonText, fitText } from "../fit-text.js";
import { fitSections } from "../report/fit-sections.js";
import type { FittedTheory } from "../report/fitted-theory.js";
import { page } from "../report/page.js";
import { writePlots } from "../report/plots.js";
import { dataOf } from "../theory-data.js";

export interface FitCommandOptions {
  readonly data: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly method: "auto" | FitMethod;
  readonly starts: number;
  readonly seed: number;
  readonly weightDecay?: number;
  readonly report?: string;
  readonly plots?: string;
}

export async function fitAction(
  { terminal, withEngine }: Context,
  files: readonly string[],
  data: string | undefined,
  { folder, data: named, method, starts, seed, weightDecay, report, plots }: FitCommandOptions,
): Promise<void> {
  const read = (await Promise.all(files.map((file) => loadTheories(file, { folder })))).flat();
  const theories = weightDecay === undefined ? read : read.map((theory) => withWeightDecay(theory, weightDecay));
  // Read before an engine starts or a theory is fitted: a missing file is told at once.
  const given: (TheoryData | undefined)[] = [];
  for (const theory of theories) given.push(await dataOf(theory, data, named));
  const fitted = await withEngine(async (engine) => {
    const all: FittedTheory[] = [];
    for (const [i, theory] of theories.entries())
      all.push({ theory, fit: await fitTheory(engine, theory, given[i], { method, starts, seed }) });
    return all;
  });
  const fits = fitted.map(({ fit }) => fit);
  const comparison = fits.length > 1 ? compareTheories(fits) : undefined;
  const sections = report === undefined && plots === undefined ? [] : fitSections(fitted, comparison);
  if (report !== undefined) {
    const [first] = fits as [(typeof fits)[number]];
    const lead = `${theories.map(({ title }) => title).join(", ")}, fitted to the ${first.n} data of ${first.data}.`;
    await writeFileAtomic(report, page(`Fits to ${first.data}`, lead, sections));
  }
  const plotFiles = await writePlots(plots, sections);
  const text = [
    ...fits.map((fit) => fitText(fit, terminal.colors)),
    ...(comparison === undefined ? [] : [comparisonText(fits, comparison, terminal.colors)]),
  ].join("\n\n");
  terminal.result(text, { fits, comparison: comparison ?? null, report: report ?? null, plots: plotFiles });
}
