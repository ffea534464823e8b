// A small T5 learns to say what it reads in another order, and tells what it was not taught from what it was.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@tetrad/engine";
import { evaluateWriting, finetuneSeq2Seq, openSeq2Seq, targetPerplexity, writerOf, writingCache } from "@tetrad/language";
import { expect, test } from "vitest";
import { scratch, tinyBert, tinyT5 } from "../support/tiny-model.js";

const colours = ["red", "green", "blue", "black"];
const things = ["car", "house", "bird", "stone"];
const pairs = colours.flatMap((colour) =>
  things.map((thing) => ({ source: `there is a ${colour} ${thing} here`, target: `${thing} ${colour}` })),
);

test("targets are foretold after training, from the source and not by heart", async () => {
  const base = await tinyT5(scratch());
  const engine = await createEngine({ backend: "wasm" });
  try {
    const model = await openSeq2Seq(engine, base);
    const before = await targetPerplexity(engine, model, pairs);
    expect(before.tokens).toBe(16 * 4);
    const options = { numTrainEpochs: 60, perDeviceTrainBatchSize: 8, learningRate: 1e-2 };
    const run = await finetuneSeq2Seq(engine, model, pairs, { ...options, evaluation: pairs, evalStrategy: "steps", evalSteps: 60 });
    const after = await targetPerplexity(engine, model, pairs);
    expect(before.perplexity).toBeGreaterThan(1000);
    expect(after.perplexity).toBeLessThan(1.3);
    expect(run.log.findLast((entry) => entry["eval_perplexity"] !== undefined)?.["eval_perplexity"]).toBeCloseTo(after.perplexity, 6);
    // The same targets after sources of other colours
    const wrong = pairs.map(({ source }, i) => ({ source, target: pairs[(i + 4) % 16]?.target as string }));
    expect((await targetPerplexity(engine, model, wrong)).perplexity).toBeGreaterThan(2 * after.perplexity);
    const { cut } = await finetuneSeq2Seq(engine, model, pairs, { numTrainEpochs: 1, sourcePrefix: "summarize: ", maxSourceTokens: 6 });
    expect(cut).toBe(16);
    // As many beams as the folder wants, be they more than texts are written at a time.
    writeFileSync(join(base, "generation_config.json"), JSON.stringify({ num_beams: 6, eos_token_id: 102 }));
    const limits = { maxSourceTokens: 12, maxTargetTokens: 4 };
    const writing = await openSeq2Seq(engine, base, { cache: await writingCache(base, limits) });
    const { texts } = await evaluateWriting(await writerOf(engine, writing, base, limits), pairs.slice(0, 2), limits);
    expect(texts).toHaveLength(2);
    await expect(openSeq2Seq(engine, await tinyBert(scratch()))).rejects.toThrow(
      /not built for this task — got model_type "bert", expected t5/,
    );
  } finally {
    await engine.close();
  }
});
