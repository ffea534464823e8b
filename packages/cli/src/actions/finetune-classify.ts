/** The work of `tetrad finetune classify`. */
import { evaluateClassifier, finetuneClassifier, saveClassifier } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { readLabelled, type TextColumns } from "../language/texts.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";

export type FinetuneClassifyOptions = TrainingFlags & AdapterFlags & TextColumns;

export async function finetuneClassifyAction(context: Context, flags: FinetuneClassifyOptions): Promise<void> {
  const { terminal } = context;
  const read = (path: string) => readLabelled(path, flags, (text) => terminal.note(text));
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, read, ({ label }) => [label]);
  const { run, evaluation } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const outcome = await tune((options) =>
      finetuneClassifier(engine, folder, train, { ...options, ...watched, ...methodOf(flags, "SEQ_CLS") }),
    );
    const measured = await evaluateClassifier(engine, outcome, test);
    const { accuracy, macroF1, weightedF1 } = measured;
    const summary = `Puts texts into ${outcome.labels.length} classes, learned from ${train.length} texts.`;
    const metrics = { accuracy, "macro F1": macroF1, "weighted F1": weightedF1 };
    await saveClassifier(
      await written(engine, outcome, flags),
      flags.out,
      cardOf(flags, { task: "text-classification", adapter: writesAdapter(flags), summary, metrics, measuredOn }),
    );
    await writeResults(flags.out, outcome, { accuracy, f1: macroF1 });
    return { run: outcome, evaluation: measured };
  });
  noteWeights(terminal, run.model, flags.model);
  noteShare(terminal, run.model);
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${run.labels.length} classes from ${train.length} texts`,
      notes: run.empty > 0 ? [`${run.empty} texts are empty`] : [],
      findings: [`on ${evaluation.texts} texts of ${measuredOn}:`, evaluation.report],
      use: `predict ${flags.out} "some text"`,
    }),
    {
      model: flags.out,
      classes: run.labels,
      texts: { train: train.length, test: test.length },
      empty: run.empty,
      ...runFacts(run),
      accuracy: evaluation.accuracy,
      macroF1: evaluation.macroF1,
      weightedF1: evaluation.weightedF1,
    },
  );
}
