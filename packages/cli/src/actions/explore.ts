/** The work of `tetrad explore`: one of several methods, its points as a file, a report. */
import { type Engine, writeFileAtomic } from "@tetrad/engine";
import { checkColumnFile, writeColumns } from "../column-files.js";
import type { Context } from "../context.js";
import { exploreBoundary } from "../explore/boundary.js";
import { exploreDesign } from "../explore/design.js";
import type { Explored, ExploreMethod } from "../explore/explored.js";
import { exploreOptimum } from "../explore/optimum.js";
import { exploreProfile } from "../explore/profile.js";
import { exploreRegion } from "../explore/region.js";
import { exploreScan } from "../explore/scan.js";
import { exploreSensitivity } from "../explore/sensitivity.js";
import { interruptible } from "../interrupt.js";
import { page } from "../report/page.js";
import { writePlots } from "../report/plots.js";
import { readTheoryAndData } from "../sampling/plan.js";

const METHODS = {
  grid: exploreScan,
  lhs: exploreScan,
  sobol: exploreScan,
  profile: exploreProfile,
  sensitivity: exploreSensitivity,
  boundary: exploreBoundary,
  optimise: exploreOptimum,
  design: exploreDesign,
  region: exploreRegion,
} satisfies Record<string, ExploreMethod>;

export interface ExploreCommandOptions {
  readonly method: keyof typeof METHODS;
  readonly points?: number;
  readonly range: Readonly<Record<string, [number, number]>>;
  readonly of?: readonly string[];
  readonly condition?: string;
  readonly evaluations?: number;
  readonly x: Readonly<Record<string, [number, number]>>;
  readonly set?: string;
  readonly error?: number;
  readonly toys?: number;
  readonly level: number;
  readonly seed: number;
  readonly starts: number;
  readonly out?: string;
  readonly report?: string;
  readonly plots?: string;
  readonly data: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly model?: string;
}

export async function exploreAction(
  { terminal, withEngine }: Context,
  theoryPath: string,
  dataPath: string | undefined,
  options: ExploreCommandOptions,
): Promise<void> {
  if (options.out !== undefined) checkColumnFile(options.out);
  const { theory, given: data } = await readTheoryAndData({
    theory: theoryPath,
    model: options.model ?? null,
    data: dataPath ?? null,
    named: options.data,
    folder: options.folder ?? null,
  });
  const progress = terminal.progress(options.method);
  let explored: Explored;
  try {
    explored = await interruptible((signal) =>
      withEngine((engine: Engine) => METHODS[options.method]({ engine, theory, data, options, progress, signal })),
    );
  } finally {
    progress.end(false);
  }
  const { lines, facts, sections, columns } = explored;
  if (options.out !== undefined) await writeColumns(options.out, columns);
  if (options.report !== undefined)
    await writeFileAtomic(options.report, page(`${theory.title}: ${options.method}`, theory.description ?? theory.modelText, sections));
  const plots = await writePlots(options.plots, sections);
  const { bold, dim } = terminal.colors;
  const files = [options.out, options.report].filter((file) => file !== undefined);
  terminal.result(
    [`${bold(theory.title)}  ${dim(theory.modelText)}`, ...lines, ...(files.length > 0 ? [dim(`  ${files.join(", ")}`)] : [])].join("\n"),
    { theory: theory.name, method: options.method, ...facts, out: options.out ?? null, report: options.report ?? null, plots },
  );
}
