/** The work of `tetrad finetune seq2seq`. */
import { evaluateWriting, finetuneSeq2Seq, saveSeq2Seq, targetPerplexity, writingFigures } from "@tetrad/language";
import type { Context } from "../context.js";
import { type AdapterFlags, methodOf, noteShare, writesAdapter, written } from "../language/adapters.js";
import { readSourcesTargets } from "../language/pairs.js";
import { partsOf } from "../language/parts.js";
import { writeResults } from "../language/results.js";
import { accountOf, cardOf, fineTune, runFacts, type TrainingFlags } from "../language/training.js";
import { checkWriting, limitsOf, openWriting, type Seq2SeqColumns, type WritingFlags, writingText } from "../language/writing.js";

export type FinetuneSeq2SeqOptions = TrainingFlags & Seq2SeqColumns & WritingFlags & AdapterFlags;

export async function finetuneSeq2SeqAction(context: Context, flags: FinetuneSeq2SeqOptions): Promise<void> {
  const { terminal } = context;
  checkWriting(flags);
  const { train, evaluation: watched, test, measuredOn } = await partsOf(flags, (path) => readSourcesTargets(path, flags));
  const limits = limitsOf(flags);
  const { run, before, after } = await fineTune(context, flags, async (engine, tune, { folder }) => {
    const { seed, freeze } = flags;
    terminal.status("reading the model");
    const { model, writing } = await openWriting(engine, folder, flags, { seed, freeze, ...methodOf(flags, "SEQ_2_SEQ_LM") });
    noteShare(terminal, model);
    const { writer } = writing;
    const measure = async () => ({
      ...(await targetPerplexity(engine, model, test, limits)),
      ...(writer !== undefined && { writing: writingFigures(await evaluateWriting(writer, test, limits)) }),
    });
    terminal.status("measuring the model as it is");
    const first = await measure();
    terminal.status("");
    const outcome = await tune((options) => finetuneSeq2Seq(engine, model, train, { ...options, ...watched, ...limits, ...writing }));
    const last = await measure();
    const summary = `Writes a ${flags.target} of a ${flags.source}, learned from ${train.length} pairs.`;
    const figures = { perplexity: last.perplexity, ...last.writing };
    const metrics = { ...last.writing, "perplexity of targets": last.perplexity, "that of the base model": first.perplexity };
    const card = cardOf(flags, { task: "summarization", adapter: writesAdapter(flags), summary, metrics, measuredOn });
    await saveSeq2Seq(await written(engine, outcome, flags), flags.out, card);
    await writeResults(flags.out, outcome, figures);
    return { run: outcome, before: first, after: last };
  });
  const texts = [before, after].flatMap(({ writing }) => (writing === undefined ? [] : [writingText(writing)]));
  terminal.result(
    accountOf(terminal, flags, run, {
      learned: `${train.length} pairs`,
      examples: "sources",
      findings: [
        `perplexity of ${test.length} targets of ${measuredOn} (${after.tokens} tokens): ${before.perplexity.toFixed(2)} → ${after.perplexity.toFixed(2)}`,
        ...(texts.length === 0 ? [] : ["texts that it writes, before and after, against the targets:", ...texts]),
        "",
      ],
      use: `generate ${flags.out} "${flags.sourcePrefix ?? ""}some ${flags.source}"`,
    }),
    {
      model: flags.out,
      pairs: { train: train.length, test: test.length },
      ...runFacts(run),
      perplexity: { before: before.perplexity, after: after.perplexity, tokens: after.tokens },
      ...(after.writing !== undefined && { writing: { before: before.writing, after: after.writing } }),
    },
  );
}
