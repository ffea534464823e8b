// Texts by a schema from models that know nothing of it: every one is a document, however little a model means it.
import { createEngine, type Engine, type Json } from "@tetrad/engine";
import { cacheSpecs, Decoder, freshLm, generate, generateBatch, openGenerator, type TextGenerator, trainBpe } from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fulfils } from "../support/schema-check.js";
import { describeShared } from "../support/shared.js";

const SCHEMA: Json = {
  type: "object",
  properties: {
    name: { type: "string" },
    kind: { enum: ["star", "galaxy", 'naïve "one"'] },
    redshift: { type: "number" },
    bands: { type: "array", items: { type: "string", pattern: "^[ugriz]$" }, minItems: 1, maxItems: 5 },
    note: { anyOf: [{ type: "null" }, { type: "string", maxLength: 20 }] },
  },
  required: ["name", "kind", "bands"],
};

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm" });
});
afterAll(() => engine.close());

/** Random weights over a byte-level BPE */
async function randomGenerator(seed: number): Promise<TextGenerator> {
  const tokenizer = trainBpe(["stars and galaxies", '{"name": "M 31", "bands": ["u", "g"]}'], { vocabSize: 290 });
  const config = { model_type: "llama", hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };
  const plain = freshLm(engine, { ...config, max_position_embeddings: 256, initializer_range: 0.5 }, tokenizer, { seed });
  const { backbone, head } = plain;
  const store = engine.store({ ...backbone.params, ...head.params, ...cacheSpecs(backbone, { context: 200, sequences: 4 }) }, { seed });
  const decoder = await Decoder.open(engine, { ...plain, store }, { context: 200, sequences: 4 });
  return { model: { ...plain, store }, decoder, ends: new Set([tokenizer.idOf("<|endoftext|>") as number]), defaults: {} };
}

test("random weights, 20 seeds, long and short", async () => {
  const generator = await randomGenerator(1);
  for (let seed = 0; seed < 20; seed++) {
    const maxNewTokens = seed % 2 === 0 ? 60 : 120;
    const answers = await generateBatch(generator, ["a", "M", "31"], { schema: SCHEMA, temperature: 1.5, seed, maxNewTokens });
    for (const { text, ids } of answers) {
      expect(fulfils(JSON.parse(text) as Json, SCHEMA), text).toBe(true);
      expect(ids.length).toBeLessThanOrEqual(maxNewTokens);
    }
  }
  const greedy = await generate(generator, "x", { schema: SCHEMA, maxNewTokens: 60 });
  expect(fulfils(JSON.parse(greedy.text) as Json, SCHEMA)).toBe(true);
  const whole = await generate(generator, "x", { schema: { type: "integer" }, maxNewTokens: 5 });
  expect(Number.isInteger(JSON.parse(whole.text))).toBe(true);
});

test("too few tokens, and rules that forbid what the schema needs", async () => {
  const generator = await randomGenerator(2);
  await expect(generate(generator, "x", { schema: SCHEMA, maxNewTokens: 20 })).rejects.toThrow(
    /no document of the schema is so short.*20 tokens/,
  );
  await expect(generate(generator, "x", { schema: { const: "aaa" }, badWords: ["a"], maxNewTokens: 20 })).rejects.toThrow(/leave no token/);
});

describeShared("SmolLM2 by a schema", "models/SmolLM2-135M-Instruct", (folder) => {
  test("writes what it means, in the schema's form", async () => {
    const own = await openGenerator(engine, folder, { gguf: "model-Q4_1.gguf", quantized: true, context: 160 });
    const schema: Json = {
      type: "object",
      properties: { capital: { type: "string", maxLength: 20 }, population: { type: "integer" } },
      required: ["capital", "population"],
    };
    const prompt = own.model.tokenizer.chat([{ role: "user", content: "What is the capital of France? Answer as JSON." }]);
    const { text, reason } = await generate(own, prompt, { schema, maxNewTokens: 40 });
    expect(JSON.parse(text)).toMatchObject({ capital: "Paris" });
    expect(reason).toBe("end");
    for (const seed of [1, 2]) {
      const drawn = await generate(own, prompt, { schema, maxNewTokens: 40, temperature: 1.2, seed });
      expect(fulfils(JSON.parse(drawn.text) as Json, schema), drawn.text).toBe(true);
    }
  });
});

describeShared("a tokenizer that falls back to bytes", "data/stories260K", (data) => {
  test("writes documents, too", async () => {
    const story = await openGenerator(engine, `${data}/stories260K.bin`, { context: 128 });
    const { text } = await generate(story, "Lily said", { schema: SCHEMA, maxNewTokens: 100 });
    expect(fulfils(JSON.parse(text) as Json, SCHEMA), text).toBe(true);
  });
});
