// Embeddings trained on pairs: what was apart is found, correlations rise, and the folder is one of sentence-transformers'.
import { readdirSync, readFileSync } from "node:fs";
import { createEngine } from "@tetrad/engine";
import { evaluateEmbedder, finetuneEmbedder, openEmbedder, retrieval, saveEmbedder, type TextPair } from "@tetrad/language";
import { expect, test } from "vitest";
import { sharedPath } from "../support/shared.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

/** Abstracts and their summaries in a sentence. */
function papers(part: string, count: number): TextPair[] {
  const lines = readFileSync(sharedPath(`data/sci-scitldr/${part}.jsonl`), "utf8")
    .split("\n")
    .slice(0, count);
  return lines.map((line) => {
    const { source, target } = JSON.parse(line) as { source: string[]; target: string[] };
    return { first: target[0] as string, second: source.join(" ") };
  });
}

test("a random encoder learns to find abstracts by their summaries", async () => {
  const base = await tinyBert(scratch());
  const engine = await createEngine({ backend: "wasm" });
  try {
    const pairs = papers("train", 100);
    const before = await evaluateEmbedder(engine, await openEmbedder(engine, base, { maxTokens: 32 }), pairs);
    const run = await finetuneEmbedder(engine, base, pairs, { numTrainEpochs: 10, learningRate: 1e-2, maxTokens: 32 });
    const after = await evaluateEmbedder(engine, run, pairs);
    expect(run.loss).toBe("ranking");
    expect(run.cut).toBeGreaterThan(90);
    expect(before).toMatchObject({ recall1: expect.any(Number), mrr: expect.any(Number) });
    expect((after as { mrr: number }).mrr).toBeGreaterThan(2 * (before as { mrr: number }).mrr);

    const folder = scratch();
    await saveEmbedder(run, folder);
    expect(await evaluateEmbedder(engine, await openEmbedder(engine, folder), pairs)).toEqual(after);
    const own = sharedPath("models/all-MiniLM-L6-v2");
    const ours = readdirSync(folder, { recursive: true });
    for (const name of ["modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json"])
      expect(ours).toContain(name);
    expect(JSON.parse(readFileSync(`${folder}/modules.json`, "utf8"))).toEqual(JSON.parse(readFileSync(`${own}/modules.json`, "utf8")));
    const pooling = (path: string) => JSON.parse(readFileSync(`${path}/1_Pooling/config.json`, "utf8"));
    expect(pooling(folder)).toMatchObject({ ...pooling(own), word_embedding_dimension: 32 });
    expect(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")).architectures).toEqual(["BertModel"]);
    // Written over an older version of itself
    await saveEmbedder(run, folder);
  } finally {
    await engine.close();
  }
});

test("scores draw cosines; wrong scores are named", async () => {
  const base = await tinyBert(scratch());
  const engine = await createEngine({ backend: "wasm" });
  try {
    const words = ["red", "green", "blue", "black"];
    const pairs = words.flatMap((a) => words.map((b) => ({ first: `a ${a} car`, second: `the ${b} bus`, score: a === b ? 1 : 0 })));
    for (const loss of ["cosine", "contrastive"] as const) {
      const run = await finetuneEmbedder(engine, base, pairs, {
        loss,
        numTrainEpochs: 100,
        perDeviceTrainBatchSize: 16,
        learningRate: 1e-2,
      });
      const { spearman } = (await evaluateEmbedder(engine, run, pairs)) as { spearman: number };
      // Four of sixteen pairs are alike: with so many equal scores no order of cosines gives more than 0.75.
      expect(spearman, loss).toBeGreaterThan(0.7);
    }
    const some = [
      { first: "a", second: "b", score: 1 },
      { first: "a", second: "c" },
    ];
    await expect(finetuneEmbedder(engine, base, some)).rejects.toThrow(/some pairs have no score — got 1 of 2/);
    await expect(finetuneEmbedder(engine, base, [{ ...(pairs[0] as TextPair), score: 0.5 }], { loss: "contrastive" })).rejects.toThrow(
      /a score is neither 0 nor 1 — got 0\.5.*pair 1/,
    );
  } finally {
    await engine.close();
  }
});

test("ranks of what is sought", () => {
  // Three documents; the second query's own is the least like it, the third's as like as another.
  const queries = Float32Array.of(1, 0, 1, 0, 0, 1);
  const documents = Float32Array.of(1, 0, 0, 1, 0, 1);
  expect(retrieval(queries, documents, 2)).toEqual({ recall1: 2 / 3, recall5: 1, mrr: expect.closeTo((1 + 1 / 2 + 1) / 3, 12) });
  expect(() => retrieval(new Float32Array(0), new Float32Array(0), 2)).toThrow(/no pairs/);
});
