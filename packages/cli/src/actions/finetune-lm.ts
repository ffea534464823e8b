/** The work of `tetrad finetune lm`. */
import { finetuneLm, openLm, perplexity, saveLm, tokenLimit, trainedShare } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, writesAdapter, written } from "../language/adapters.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { readWrittenTexts } from "../language/texts.js";
import { accountOf, cardOf, fineTune, noteWeights, runFacts, type TrainingFlags } from "../language/training.js";

export interface FinetuneLmOptions extends TrainingFlags, AdapterFlags {
  readonly text: string;
}

export async function finetuneLmAction(context: Context, flags: FinetuneLmOptions): Promise<void> {
  const { terminal } = context;
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, (path) => readWrittenTexts(path, flags.text));
  const { run, before, after, share } = await fineTune(context, flags, async (engine, tune, { folder, ...place }) => {
    terminal.status("reading the model");
    // What an adapter leaves alone stays as the file has it, but for word embeddings that adversarial training moves.
    const quantized = flags.peft !== undefined && flags.merge !== true && flags.adversarial === undefined;
    const model = await openLm(engine, folder, { ...methodOf(flags, "CAUSAL_LM"), quantized, seed: flags.seed, ...place });
    noteWeights(terminal, model, flags.model);
    const trained = trainedShare(model.store);
    terminal.note(trained);
    terminal.status("measuring the model as it is");
    // Without the adapter, whatever it begins as, and with as much of each text as it leaves room for
    const most = tokenLimit(model.backbone, flags.maxTokens);
    const first = await perplexity(engine, model.unadapted ?? model, test, most);
    terminal.status("");
    const outcome = await tune((options) => finetuneLm(engine, model, train, { ...options, ...watched }));
    const last = await perplexity(engine, model, test, flags.maxTokens);
    const summary = `Goes on from texts like the ${train.length} that it learned from.`;
    const metrics = { perplexity: last.perplexity, "perplexity of the base model": first.perplexity };
    const card = cardOf(flags, { task: "text-generation", adapter: writesAdapter(flags), summary, metrics, measuredOn });
    await saveLm(await written(engine, outcome, flags), flags.out, card);
    await writeResults(flags.out, outcome, { perplexity: last.perplexity });
    return { run: outcome, before: first, after: last, share: trained };
  });
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${train.length} texts, ${share}`,
      findings: [
        `perplexity of ${test.length} texts of ${measuredOn} (${after.tokens} tokens): ${before.perplexity.toFixed(2)} → ${after.perplexity.toFixed(2)}`,
        "",
      ],
      use: `generate ${flags.out} "some text"`,
    }),
    {
      model: flags.out,
      texts: { train: train.length, test: test.length },
      trained: share,
      ...runFacts(run),
      perplexity: { before: before.perplexity, after: after.perplexity, tokens: after.tokens },
    },
  );
}
