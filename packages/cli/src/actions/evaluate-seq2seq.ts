/** What `tetrad evaluate` does with models that make texts of texts. */
import { bootstrapInterval, type Interval, writeFileAtomic } from "@tetrad/engine";
import { evaluateWriting, type SourceTarget, targetPerplexity, type Written, writingFigures } from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";
import type { Context } from "../context.js";
import { csvText } from "../csv-text.js";
import { noteCut } from "../language/cut-texts.js";
import { meanOf } from "../language/figures.js";
import { readSourcesTargets } from "../language/pairs.js";
import { readRun } from "../language/run-facts.js";
import { checkWriting, limitsOf, openWriting, writingText } from "../language/writing.js";
import { intervalText } from "../numbers.js";
import { writtenReport } from "../report/written-report.js";
import type { EvaluateOptions } from "./evaluate.js";

const KINDS = { "ROUGE-1": "rouge1", "ROUGE-2": "rouge2", "ROUGE-L": "rougeL", "ROUGE-Lsum": "rougeLsum" } as const;

export async function evaluateSeq2Seq(
  { terminal, withEngine }: Context,
  folder: string,
  path: string,
  options: EvaluateOptions,
  seconds: () => number,
): Promise<void> {
  checkWriting(options);
  const needing = options.report !== undefined ? "--report" : options.predictions !== undefined ? "--predictions" : undefined;
  if (needing !== undefined && options.predictWithGenerate !== true) {
    throw new CalledWrongly({
      op: "evaluate",
      what: `${needing} is of texts that are written`,
      hint: "add --predict-with-generate",
    });
  }
  const pairs = await readSourcesTargets(path, options);
  const limits = limitsOf(options);
  const { perplexity, tokens, cut, maxTokens, written } = await withEngine(async (engine) => {
    const { model, writing } = await openWriting(engine, folder, options);
    const { writer } = writing;
    terminal.status("writing");
    const found = writer === undefined ? undefined : await evaluateWriting(writer, pairs, limits);
    terminal.status("");
    return { ...(await targetPerplexity(engine, model, pairs, limits)), written: found };
  });
  if (cut > 0) noteCut(terminal).onCut(cut, maxTokens);
  const lines = [`perplexity of ${tokens} tokens of targets: ${perplexity.toFixed(2)}`];
  if (written === undefined) {
    return terminal.result(said(pairs, path, seconds, lines), { perplexity, tokens, seconds: seconds() });
  }
  const figures = writingFigures(written);
  const intervals: Record<string, Interval> = Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [
      name,
      bootstrapInterval(pairs.length, meanOf(written.scores.map((score) => score[kind].f1))),
    ]),
  );
  if (options.predictions !== undefined) await writeFileAtomic(options.predictions, predictionsText(pairs, written));
  if (options.report !== undefined) {
    await writeFileAtomic(options.report, writtenReport({ run: await readRun(folder), path, pairs, written, intervals, perplexity }));
  }
  terminal.result(
    said(pairs, path, seconds, [
      writingText(figures),
      ...Object.entries(intervals).map(([name, interval]) => `${name.padEnd(10)} ${intervalText(interval)}`),
      "95 % intervals by the bootstrap over texts",
      "",
      ...lines,
    ]),
    {
      perplexity,
      tokens,
      ...figures,
      intervals: Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [kind, intervals[name]])),
      seconds: seconds(),
    },
  );
}

const said = (pairs: readonly SourceTarget[], path: string, seconds: () => number, lines: readonly string[]): string =>
  `${pairs.length} pairs of ${path} in ${seconds().toFixed(1)} s:\n\n${lines.join("\n")}`;

/** A row a pair, for people and for comparisons of runs. */
function predictionsText(pairs: readonly SourceTarget[], { texts, scores }: Written): string {
  const cells = pairs.map(({ source, target }, i) => [source, target, texts[i] as string, Number(scores[i]?.rougeL.f1.toPrecision(6))]);
  return `${csvText([["source", "target", "written", "rougeL"], ...cells])}\n`;
}
