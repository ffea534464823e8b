/** What `tetrad evaluate` does with taggers. */
import { bootstrapInterval, writeFileAtomic } from "@tetrad/engine";
import { entityF1, evaluateTagger, openTagger, type TaggedSentence } from "@tetrad/language";
import type { Context } from "../context.js";
import { noteCut } from "../language/cut-texts.js";
import { readRun } from "../language/run-facts.js";
import { readTagged } from "../language/texts.js";
import { intervalText } from "../numbers.js";
import { entitiesReport } from "../report/entities-report.js";
import type { EvaluateOptions } from "./evaluate.js";

export async function evaluateEntities(
  { terminal, withEngine }: Context,
  folder: string,
  path: string,
  options: EvaluateOptions,
  seconds: () => number,
): Promise<void> {
  const sentences = await readTagged(path);
  const { scores, report, words, predicted } = await withEngine(async (engine) =>
    evaluateTagger(engine, await openTagger(engine, folder, noteCut(terminal)), sentences),
  );
  const { micro, macro, types, accuracy } = scores;
  const target = sentences.map(({ tags }) => tags);
  const f1 = bootstrapInterval(sentences.length, entityF1(target, predicted));
  if (options.predictions !== undefined) await writeFileAtomic(options.predictions, predictionsText(sentences, predicted));
  if (options.report !== undefined) {
    await writeFileAtomic(options.report, entitiesReport({ run: await readRun(folder), path, sentences, predicted, scores, f1 }));
  }
  terminal.result(
    [
      `${sentences.length} sentences of ${path}, ${words} words, in ${seconds().toFixed(1)} s, as seqeval counts:\n`,
      report ?? "no entity is in them, and none was found",
      `F1 ${intervalText(f1)} (95 % interval by the bootstrap over sentences)`,
    ].join("\n"),
    {
      sentences: sentences.length,
      words,
      ...micro,
      macroF1: macro.f1,
      accuracy,
      types: Object.fromEntries(types),
      intervals: { f1 },
      seconds: seconds(),
    },
  );
}

/** Columns of word, tag and predicted tag, as conlleval reads them. */
function predictionsText(sentences: readonly TaggedSentence[], predicted: readonly (readonly string[])[]): string {
  const blocks = sentences.map(({ words, tags }, s) => words.map((word, i) => `${word} ${tags[i]} ${predicted[s]?.[i]}\n`).join(""));
  return blocks.join("\n");
}
