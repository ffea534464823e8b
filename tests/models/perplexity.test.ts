// Perplexity of texts longer than a window: each token foretold from as much as its window has, as the decoder foretells it.
import { createEngine, type Engine } from "@tetrad/engine";
import { perplexity, stridedPerplexity } from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { numbersTokenizer, tinyGenerator } from "../support/tiny-generator.js";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm" });
});
afterAll(() => engine.close());

const TEXTS = [
  Array.from({ length: 23 }, (_, i) => (i * i + 3) % 90),
  [4, 5, 6],
  [7, 8, 9, 10, 11, 12, 13, 14],
  Array.from({ length: 17 }, (_, i) => (7 * i) % 90),
];

test.each([
  [8, 3],
  [8, 7],
  [6, 1],
  [30, 15],
])("windows of %i tokens, each %i further", async (maxTokens, stride) => {
  const { model, decoder } = await tinyGenerator(engine, "llama-tiny", { context: 40 });
  let [sum, tokens] = [0, 0];
  for (const ids of TEXTS) {
    for (let i = 1; i < ids.length; i++) {
      // The first window that reaches so far
      const begin = Math.max(0, Math.ceil((i - maxTokens + 1) / stride)) * stride;
      decoder.reset();
      const logits = await decoder.read(ids.slice(begin, i));
      const largest = Math.max(...logits);
      const whole = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
      sum += largest + Math.log(whole) - (logits[ids[i] as number] as number);
      tokens += 1;
    }
  }
  const got = await stridedPerplexity(
    engine,
    model,
    TEXTS.map((ids) => numbersTokenizer.decode(ids)),
    { maxTokens, stride },
  );
  expect(got.tokens).toBe(tokens);
  expect(Math.abs(got.perplexity / Math.exp(sum / tokens) - 1)).toBeLessThan(1e-5);
});

test("a text that fits is what it was, and a stride that leaves tokens out is refused", async () => {
  const { model } = await tinyGenerator(engine, "llama-tiny", { context: 40 });
  const texts = TEXTS.map((ids) => numbersTokenizer.decode(ids));
  expect(await stridedPerplexity(engine, model, texts, { maxTokens: 40 })).toEqual(await perplexity(engine, model, texts));
  for (const stride of [0, 8, 2.5]) {
    await expect(stridedPerplexity(engine, model, texts, { maxTokens: 8, stride })).rejects.toThrow(/stride.*1 to 7/);
  }
});
