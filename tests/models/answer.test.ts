// Answers learnt from real sentences: found where the untrained head finds next to none, also at the end of a text of many windows.
import { readFileSync } from "node:fs";
import { createEngine } from "@tetrad/engine";
import {
  answer,
  entitiesOf,
  evaluateAnswerer,
  finetuneAnswerer,
  openAnswerer,
  type Question,
  readConll,
  saveAnswerer,
} from "@tetrad/language";
import { expect, test } from "vitest";
import { sharedPath } from "../support/shared.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

/** A question about each sentence that has one person, or one place, and its name as the answer. */
function asked(count: number): Question[] {
  const sentences = readConll(readFileSync(sharedPath("data/ner-wnut17/wnut17train.conll"), "utf8"));
  const questions = sentences.flatMap(({ words, tags }): Question[] => {
    const context = words.join(" ");
    return (["person", "location"] as const).flatMap((kind) => {
      const [entity, ...others] = entitiesOf(tags).filter(({ type }) => type === kind);
      if (entity === undefined || others.length > 0) return [];
      const begin = words.slice(0, entity.begin).join(" ").length + (entity.begin > 0 ? 1 : 0);
      const text = words.slice(entity.begin, entity.end).join(" ");
      return [{ question: `Which ${kind}?`, context, answers: [{ text, begin }] }];
    });
  });
  return questions.slice(0, count);
}

test("a person or a place is found in sentences that were not learnt", async () => {
  const all = asked(140);
  const [train, rest] = [all.slice(0, 100), all.slice(100)];
  const folder = scratch();
  const engine = await createEngine({ backend: "wasm" });
  try {
    const measured = async (path: string) => evaluateAnswerer(engine, await openAnswerer(engine, path), rest);
    const base = sharedPath("models/all-MiniLM-L6-v2");
    await saveAnswerer(await finetuneAnswerer(engine, base, train.slice(0, 2), { numTrainEpochs: 1, learningRate: 1e-9 }), folder);
    const before = await measured(folder);
    const run = await finetuneAnswerer(engine, base, train, { numTrainEpochs: 2, learningRate: 4e-4, maxTokens: 64, stride: 16 });
    await saveAnswerer(run, folder);
    const after = await measured(folder);
    expect(before.exactMatch).toBeLessThan(10);
    expect(after.exactMatch).toBeGreaterThan(40);
    expect(after.f1).toBeGreaterThan(before.f1 + 25);

    // The only name stands in the last of many windows.
    const long = `${"It rained all day long, and nobody went out. ".repeat(60)}Then Maria Miller called.`;
    const [one] = await answer(engine, await openAnswerer(engine, folder, { maxTokens: 64, stride: 16 }), [
      { question: "Which person?", context: long },
    ]);
    expect(one?.text).toBe("Maria Miller");
    expect(long.slice(one?.spans[0]?.begin, one?.spans[0]?.end)).toBe("Maria Miller");
  } finally {
    await engine.close();
  }
});

test.each([
  ["roberta", { type_vocab_size: 1, max_position_embeddings: 514 }],
  ["distilbert", { dim: 32, n_heads: 4, n_layers: 2, hidden_dim: 48, dropout: 0, attention_dropout: 0 }],
])("%s learns answers, too, though it does not tell question and text apart", async (model_type, fields) => {
  const context = "Vera Rubin measured in Washington how fast Andromeda turns.";
  const question = { question: "Who measured?", context, answers: [{ text: "Vera Rubin", begin: 0 }] };
  const engine = await createEngine({ backend: "wasm" });
  try {
    const base = await tinyBert(scratch(), { model_type, ...fields });
    const run = await finetuneAnswerer(engine, base, [question], { numTrainEpochs: 20, learningRate: 1e-2 });
    expect(run.losses.at(-1)).toBeLessThan(0.1 * (run.losses[0] as number));
    expect((await answer(engine, run, [question]))[0]?.text).toBe("Vera Rubin");
  } finally {
    await engine.close();
  }
});
