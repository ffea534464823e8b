/** The work of `tetrad finetune seq2seq`. */
import { finetuneSeq2Seq, openSeq2Seq, saveSeq2Seq, targetPerplexity } from "@tetrad/language";
import type { Context } from "../context.js";
import { limitsOf, readSourcesTargets, type Seq2SeqColumns } from "../language/pairs.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { accountOf, cardOf, fineTune, runFacts, type TrainingFlags } from "../language/training.js";

export type FinetuneSeq2SeqOptions = TrainingFlags & Seq2SeqColumns;

export async function finetuneSeq2SeqAction(context: Context, flags: FinetuneSeq2SeqOptions): Promise<void> {
  const { terminal } = context;
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, (path) => readSourcesTargets(path, flags));
  const limits = limitsOf(flags);
  const { run, before, after } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const { seed, freeze } = flags;
    terminal.status("reading the model");
    const model = await openSeq2Seq(engine, folder, { seed, freeze });
    terminal.status("measuring the model as it is");
    const first = await targetPerplexity(engine, model, test, limits);
    terminal.status("");
    const outcome = await tune((options) => finetuneSeq2Seq(engine, model, train, { ...options, ...watched, ...limits }));
    const last = await targetPerplexity(engine, model, test, limits);
    const summary = `Writes a ${flags.target} of a ${flags.source}, learned from ${train.length} pairs.`;
    const metrics = { "perplexity of targets": last.perplexity, "that of the base model": first.perplexity };
    await saveSeq2Seq(outcome, flags.out, cardOf(flags, { task: "summarization", summary, metrics, measuredOn }));
    await writeResults(flags.out, outcome, { perplexity: last.perplexity });
    return { run: outcome, before: first, after: last };
  });
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${train.length} pairs`,
      examples: "sources",
      findings: [
        `perplexity of ${test.length} targets of ${measuredOn} (${after.tokens} tokens): ${before.perplexity.toFixed(2)} → ${after.perplexity.toFixed(2)}`,
        "",
      ],
    }),
    {
      model: flags.out,
      pairs: { train: train.length, test: test.length },
      ...runFacts(run),
      perplexity: { before: before.perplexity, after: after.perplexity, tokens: after.tokens },
    },
  );
}
