/** The work of `tetrad finetune ner`. */
import { evaluateTagger, finetuneTagger, saveTagger } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { readTagged } from "../language/texts.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";

export interface FinetuneNerOptions extends TrainingFlags, AdapterFlags {
  readonly crf?: boolean;
}

export async function finetuneNerAction(context: Context, flags: FinetuneNerOptions): Promise<void> {
  const { terminal } = context;
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, readTagged, ({ tags }) => tags);
  const { run, evaluation } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const outcome = await tune((options) =>
      finetuneTagger(engine, folder, train, { ...options, ...watched, ...methodOf(flags, "TOKEN_CLS"), crf: flags.crf === true }),
    );
    const measured = await evaluateTagger(engine, outcome, test);
    const { micro, macro } = measured.scores;
    const types = new Set(outcome.labels.filter((label) => label !== "O").map((label) => label.slice(2)));
    const chain = outcome.crf ? " What tag follows what is scored by crf.*, which Python's transformers passes over." : "";
    const summary = `Finds entities of ${types.size} types (${[...types].join(", ")}), learned from ${train.length} sentences tagged by ${outcome.scheme}.${chain}`;
    const metrics = { precision: micro.precision, recall: micro.recall, F1: micro.f1, "macro F1": macro.f1 };
    await saveTagger(
      await written(engine, outcome, flags),
      flags.out,
      cardOf(flags, { task: "token-classification", adapter: writesAdapter(flags), summary, metrics, measuredOn }),
    );
    const { precision, recall, f1 } = micro;
    await writeResults(flags.out, outcome, { f1, precision, recall, accuracy: measured.scores.accuracy });
    return { run: outcome, evaluation: measured };
  });
  noteWeights(terminal, run.model, flags.model);
  noteShare(terminal, run.model);
  const { scores, report } = evaluation;
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${run.labels.length} tags (${run.scheme}) from ${train.length} sentences`,
      examples: "sentences",
      findings: [
        `on ${evaluation.sentences} sentences of ${measuredOn}, as seqeval counts:`,
        report ?? "no entity is in them, and none was found\n",
      ],
      use: `predict ${flags.out} "some text"`,
    }),
    {
      model: flags.out,
      tags: run.labels,
      scheme: run.scheme,
      sentences: { train: train.length, test: test.length },
      ...runFacts(run),
      precision: scores.micro.precision,
      recall: scores.micro.recall,
      f1: scores.micro.f1,
      accuracy: scores.accuracy,
      types: Object.fromEntries(scores.types),
    },
  );
}
