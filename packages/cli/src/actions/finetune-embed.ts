/** The work of `tetrad finetune embed`. */
import {
  type ContrastLoss,
  type EmbedderEvaluation,
  evaluateEmbedder,
  finetuneEmbedder,
  openEmbedder,
  saveEmbedder,
} from "@tetrad/language";
import type { Context } from "../context.js";
import { defined } from "../defined.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { type PairColumns, readPairs } from "../language/pairs.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { accountOf, cardOf, fineTune, runFacts, type TrainingFlags } from "../language/training.js";

export interface FinetuneEmbedOptions extends TrainingFlags, PairColumns, AdapterFlags {
  readonly loss?: ContrastLoss;
  readonly scale: number;
  readonly margin: number;
}

export async function finetuneEmbedAction(context: Context, flags: FinetuneEmbedOptions): Promise<void> {
  const { terminal } = context;
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, (path) => readPairs(path, flags));
  const { loss, scale, margin, maxTokens } = flags;
  const method = methodOf(flags, "FEATURE_EXTRACTION");
  const contrast = { scale, margin, ...(loss !== undefined && { loss }) };
  const { run, before, after } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    terminal.status("measuring the model as it is");
    const base = await openEmbedder(engine, folder, defined({ maxTokens, quantize: method.quantize }));
    const first = await evaluateEmbedder(engine, base, test);
    terminal.status("");
    const outcome = await tune((options) => finetuneEmbedder(engine, folder, train, { ...options, ...watched, ...contrast, ...method }));
    const last = await evaluateEmbedder(engine, outcome, test);
    const summary = `Turns texts into vectors, learned from ${train.length} pairs by the ${outcome.loss} loss.`;
    const card = cardOf(flags, {
      task: "sentence-similarity",
      adapter: writesAdapter(flags),
      summary,
      metrics: { ...last },
      measuredOn,
    });
    await saveEmbedder(await written(engine, outcome, flags), flags.out, card);
    await writeResults(flags.out, outcome, { ...last });
    return { run: outcome, before: first, after: last };
  });
  noteShare(terminal, run.model);
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${train.length} pairs, ${run.loss} loss`,
      findings: [
        `on ${test.length} pairs of ${measuredOn}, before and after:`,
        ...Object.keys(after).map((name) => {
          const of = (evaluation: EmbedderEvaluation) => (evaluation as unknown as Record<string, number>)[name]?.toFixed(4);
          return `${(FIGURES[name] as string).padEnd(24)} ${of(before)} → ${of(after)}`;
        }),
        "",
      ],
      use: `embed ${flags.out} "some text"`,
    }),
    { model: flags.out, pairs: { train: train.length, test: test.length }, loss: run.loss, ...runFacts(run), before, after },
  );
}

/** Of EmbedderEvaluation, in words */
export const FIGURES: Readonly<Record<string, string>> = {
  recall1: "found first",
  recall5: "among the first five",
  mrr: "mean reciprocal rank",
  pearson: "Pearson's correlation",
  spearman: "Spearman's correlation",
};
