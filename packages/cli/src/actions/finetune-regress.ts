/** The work of `tetrad finetune regress`. */
import { evaluateRegressor, finetuneRegressor, saveRegressor } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { readRated, type TextColumns } from "../language/texts.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";
import { regressionText } from "./evaluate-tasks.js";

export type FinetuneRegressOptions = TrainingFlags & AdapterFlags & TextColumns;

export async function finetuneRegressAction(context: Context, flags: FinetuneRegressOptions): Promise<void> {
  const { terminal } = context;
  const read = (path: string) => readRated(path, flags, (text) => terminal.note(text));
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, read);
  const { run, evaluation } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const outcome = await tune((options) =>
      finetuneRegressor(engine, folder, train, { ...options, ...watched, ...methodOf(flags, "SEQ_CLS") }),
    );
    const measured = await evaluateRegressor(engine, outcome, test);
    const { r2, mae, rmse, pearson, spearman } = measured;
    const summary = `Gives a text a number, learned from ${train.length} texts.`;
    const metrics = { R2: r2, "mean absolute error": mae, "root mean squared error": rmse, Pearson: pearson, Spearman: spearman };
    await saveRegressor(
      await written(engine, outcome, flags),
      flags.out,
      cardOf(flags, { task: "text-classification", adapter: writesAdapter(flags), summary, metrics, measuredOn }),
    );
    await writeResults(flags.out, outcome, { r2, mae, rmse, pearson, spearman });
    return { run: outcome, evaluation: measured };
  });
  noteWeights(terminal, run.model, flags.model);
  noteShare(terminal, run.model);
  const { r2, mae, rmse, pearson, spearman } = evaluation;
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `numbers of ${train.length} texts`,
      findings: [`on ${test.length} texts of ${measuredOn}:`, regressionText(evaluation), ""],
      use: `predict ${flags.out} "some text"`,
    }),
    {
      model: flags.out,
      texts: { train: train.length, test: test.length },
      empty: run.empty,
      ...runFacts(run),
      r2,
      mae,
      rmse,
      pearson,
      spearman,
    },
  );
}
