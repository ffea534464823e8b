/** The work of `tetrad finetune mlm`. */
import { finetuneMlm, maskedPerplexity, openMlm, saveMlm } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { readWrittenTexts } from "../language/texts.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";

export interface FinetuneMlmOptions extends TrainingFlags, AdapterFlags {
  readonly text: string;
  readonly mlmProbability: number;
  readonly wholeWord?: boolean;
}

export async function finetuneMlmAction(context: Context, flags: FinetuneMlmOptions): Promise<void> {
  const { terminal } = context;
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, (path) => readWrittenTexts(path, flags.text));
  const { mlmProbability, wholeWord = false, seed, freeze, maxTokens } = flags;
  const masking = { mlmProbability, wholeWord, seed };
  const { run, before, after } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    terminal.status("reading the model");
    const model = await openMlm(engine, folder, { freshHead: true, seed, freeze, ...methodOf(flags, null) });
    noteWeights(terminal, model, flags.model);
    noteShare(terminal, model);
    const measure = () => maskedPerplexity(engine, model, test, { ...masking, ...(maxTokens !== undefined && { maxTokens }) });
    terminal.status("measuring the model as it is");
    const first = await measure();
    terminal.status("");
    const outcome = await tune((options) => finetuneMlm(engine, model, train, { ...options, ...watched, ...masking }));
    const last = await measure();
    const summary = `Guesses hidden words in texts like the ${train.length} that it learned from.`;
    const metrics = { "perplexity of hidden tokens": last.perplexity, "that of the base model": first.perplexity };
    const card = cardOf(flags, { task: "fill-mask", adapter: writesAdapter(flags), summary, metrics, measuredOn });
    await saveMlm(await written(engine, outcome, flags), flags.out, card);
    await writeResults(flags.out, outcome, { perplexity: last.perplexity });
    return { run: outcome, before: first, after: last };
  });
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${train.length} texts, ${100 * mlmProbability} % of their ${wholeWord ? "words" : "tokens"} hidden`,
      findings: [
        `perplexity of ${after.tokens} hidden tokens of ${test.length} texts of ${measuredOn}: ${before.perplexity.toFixed(2)} → ${after.perplexity.toFixed(2)}`,
        "",
      ],
      use: `predict ${flags.out} "some [MASK] text", or train on: tetrad finetune classify --model ${flags.out}`,
    }),
    {
      model: flags.out,
      texts: { train: train.length, test: test.length },
      ...runFacts(run),
      perplexity: { before: before.perplexity, after: after.perplexity, tokens: after.tokens },
    },
  );
}
