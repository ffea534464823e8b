/** The work of `tetrad verify`: all checks of a theory, as text, JSON and a report. */
import { writeFileAtomic } from "@tetrad/engine";
import { verifyTheory } from "@tetrad/theory";
import type { Context } from "../context.js";
import { page } from "../report/page.js";
import { writePlots } from "../report/plots.js";
import { verifySections } from "../report/verify-sections.js";
import { readTheoryAndData } from "../sampling/plan.js";
import { AlreadyTold } from "../terminal.js";
import { overallText, verifyText } from "../verify-text.js";

export interface VerifyCommandOptions {
  readonly data: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly model?: string;
  readonly draws: number;
  readonly fits: number;
  readonly folds: number;
  readonly seed: number;
  readonly report?: string;
  readonly plots?: string;
}

export async function verifyAction(
  { terminal, withEngine }: Context,
  path: string,
  file: string | undefined,
  { data, folder, model, draws, fits, folds, seed, report, plots }: VerifyCommandOptions,
): Promise<void> {
  const { theory, given } = await readTheoryAndData({
    theory: path,
    model: model ?? null,
    data: file ?? null,
    named: data,
    folder: folder ?? null,
  });
  const progress = terminal.progress("checks");
  const begin = performance.now();
  const verification = await withEngine((engine) =>
    verifyTheory(engine, theory, given, { draws, fits, folds, seed, onProgress: (share, what) => progress.update(share, what) }),
  ).finally(() => progress.end());
  const seconds = (performance.now() - begin) / 1000;
  const sections = report === undefined && plots === undefined ? [] : verifySections(theory, verification);
  if (report !== undefined) {
    const lead = `${theory.title} against the ${verification.n} data of ${verification.data}: ${overallText(verification)}`;
    await writeFileAtomic(report, page(`Verification of ${theory.title}`, lead, sections));
  }
  const plotFiles = await writePlots(plots, sections);
  terminal.result(verifyText(verification, seconds, terminal.colors), {
    ...verification,
    seed,
    seconds,
    report: report ?? null,
    plots: plotFiles,
  });
  if (verification.outcome === "failed") throw new AlreadyTold("a check failed", 3);
}
