/** The work of `tetrad finetune qa`. */
import { evaluateAnswerer, finetuneAnswerer, saveAnswerer } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { partsOf } from "../language/parts.js";
import { readQuestions } from "../language/questions.js";
import { writeResults } from "../language/results.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";
import { answerText } from "./evaluate-tasks.js";

export interface FinetuneQaOptions extends TrainingFlags, AdapterFlags {
  readonly stride?: number;
}

export async function finetuneQaAction(context: Context, flags: FinetuneQaOptions): Promise<void> {
  const { terminal } = context;
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, readQuestions);
  const window = flags.stride === undefined ? {} : { stride: flags.stride };
  const { run, evaluation } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const outcome = await tune((options) =>
      finetuneAnswerer(engine, folder, train, { ...options, ...watched, ...window, ...methodOf(flags, "QUESTION_ANS") }),
    );
    const measured = await evaluateAnswerer(engine, outcome, test);
    const summary = `Finds the answer to a question in a text, learned from ${train.length} questions.`;
    const metrics = { "exact match": measured.exactMatch, F1: measured.f1 };
    const card = cardOf(flags, { task: "question-answering", adapter: writesAdapter(flags), summary, metrics, measuredOn });
    await saveAnswerer(await written(engine, outcome, flags), flags.out, card);
    await writeResults(flags.out, outcome, { exact_match: measured.exactMatch, f1: measured.f1 });
    return { run: outcome, evaluation: measured };
  });
  noteWeights(terminal, run.model, flags.model);
  noteShare(terminal, run.model);
  const { predicted: _, ...measures } = evaluation;
  terminal.result(
    accountOf(
      terminal,
      flags,
      { ...run, cut: 0 },
      {
        learned: `${train.length} questions in ${run.windows} windows of ${run.maxTokens} tokens`,
        notes: run.cut > 0 ? [`${run.cut} texts take more than one window, each with ${run.stride} tokens of the one before`] : [],
        findings: [`on ${test.length} questions of ${measuredOn}: ${answerText(evaluation)}`, ""],
        use: `predict ${flags.out} --question "…" --context text.txt`,
      },
    ),
    { model: flags.out, train: train.length, windows: run.windows, ...runFacts(run), ...measures },
  );
}
