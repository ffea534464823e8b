/** The work of `tetrad finetune multi-label`. */
import { evaluateMultiLabel, finetuneMultiLabel, saveMultiLabel } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { readMultiLabelled, type TextColumns } from "../language/texts.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";

export interface FinetuneMultiLabelOptions extends TrainingFlags, AdapterFlags, TextColumns {
  readonly separator: string;
}

export async function finetuneMultiLabelAction(context: Context, flags: FinetuneMultiLabelOptions): Promise<void> {
  const { terminal } = context;
  const read = (path: string) => readMultiLabelled(path, flags, flags.separator);
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, read, ({ labels }) => labels);
  const { run, evaluation } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const outcome = await tune((options) =>
      finetuneMultiLabel(engine, folder, train, { ...options, ...watched, ...methodOf(flags, "SEQ_CLS") }),
    );
    const measured = await evaluateMultiLabel(engine, outcome, test);
    const { micro, macro, samples } = measured;
    const summary = `Says which of ${outcome.labels.length} labels a text has, learned from ${train.length} texts.`;
    const metrics = { "micro F1": micro.f1, "macro F1": macro.f1, "samples F1": samples.f1 };
    await saveMultiLabel(
      await written(engine, outcome, flags),
      flags.out,
      cardOf(flags, { task: "text-classification", adapter: writesAdapter(flags), summary, metrics, measuredOn }),
    );
    await writeResults(flags.out, outcome, { f1: micro.f1, f1_macro: macro.f1 });
    return { run: outcome, evaluation: measured };
  });
  noteWeights(terminal, run.model, flags.model);
  noteShare(terminal, run.model);
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${run.labels.length} labels from ${train.length} texts`,
      findings: [`on ${evaluation.texts} texts of ${measuredOn}:`, evaluation.report],
      use: `predict ${flags.out} "some text"`,
    }),
    {
      model: flags.out,
      labels: run.labels,
      texts: { train: train.length, test: test.length },
      empty: run.empty,
      ...runFacts(run),
      microF1: evaluation.micro.f1,
      macroF1: evaluation.macro.f1,
      samplesF1: evaluation.samples.f1,
    },
  );
}
