// Text token by token from a cache: the tokens and the logits of every step that transformers gives, prompts read in chunks and one by one.
import { generate, generateBatch, nextToken, type TextDecoder } from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { machines, tensors } from "../support/language-golden.js";
import { tinyGenerator, tinyPair } from "../support/tiny-generator.js";

describe.each(machines)("$name", ({ options, dtype }) => {
  const limit = dtype === "f64" ? 1e-12 : 1e-5;

  test.each(["gpt2-tiny", "llama-tiny"])("%s", async (name) => {
    const engine = await openEngine(options);
    try {
      // gpt2-tiny can read 32 tokens
      const { decoder } = await tinyGenerator(engine, name, { context: 40 }, { dtype });
      const expected = tensors(`golden/${name}/expected.safetensors`);
      const dataOf = (key: string) => [...(expected.get(key) as { data: Int32Array | Float64Array }).data];
      for (const prompt of [0, 1]) {
        const [wanted, logits] = [dataOf(`generated.${prompt}`), dataOf(`step_logits.${prompt}`)];
        await follow(decoder, dataOf(`prompt.${prompt}`), wanted, logits, limit);
      }
      if (decoder.context <= 32) return;
      // 32 tokens at once, and the same one by one.
      const long = Array.from({ length: 35 }, (_, i) => (7 * i) % decoder.vocabulary);
      decoder.reset();
      const together = [...(await decoder.read(long))];
      decoder.reset();
      let alone: Float32Array = new Float32Array(0);
      for (const id of long) alone = await decoder.read([id]);
      expect(largestError(together, alone)).toBeLessThan(limit);
      await expect(decoder.read(long)).rejects.toMatchObject({ code: "ARGUMENT" });
      await expect(decoder.read([])).rejects.toMatchObject({ code: "ARGUMENT" });
    } finally {
      await engine.close();
    }
  });

  test("t5-tiny", async () => {
    const engine = await openEngine(options);
    try {
      const generator = await tinyPair(engine, { context: 20, sequences: 2 }, { dtype });
      const expected = tensors("golden/t5-tiny/expected.safetensors");
      const dataOf = (key: string) => [...(expected.get(key) as { data: Int32Array | Float64Array }).data];
      const inputs = tensors("golden/t5-tiny/inputs.safetensors").get("input_ids") as { data: Int32Array };
      const source = [...inputs.data.subarray(0, 15)];
      // The goldens' own rule for T5, whose attention is not scaled and sharp
      await follow(generator.decoder, source, dataOf("generated.0"), dataOf("step_logits.0"), dtype === "f64" ? 1e-12 : 1e-4);
      if (options.backend === "webgpu") return;
      // Two sources at once, one after the other's answer has begun, and a source that is too long.
      const prompts = [source, source.slice(3, 9), source.slice(6)].map((ids) => ids.join(" "));
      const answers = await generateBatch(generator, prompts, { maxNewTokens: 12 });
      const alone = await tinyPair(engine, { context: 20 }, { dtype });
      for (const [i, prompt] of prompts.entries())
        expect(answers[i]?.ids).toEqual((await generate(alone, prompt, { maxNewTokens: 12 })).ids);
      expect(answers[0]?.ids).toEqual(dataOf("generated.0"));
      await expect(generate(alone, "1 ".repeat(21))).rejects.toThrow(/no room.*got 21 tokens.*at most 20/s);
    } finally {
      await engine.close();
    }
  });
});

/** Greedy tokens, and the logits that they were chosen by. */
async function follow(
  decoder: TextDecoder,
  prompt: readonly number[],
  wanted: readonly number[],
  logits: readonly number[],
  limit: number,
) {
  const width = decoder.vocabulary;
  const ids: number[] = [];
  let next = await decoder.begin(prompt, 0);
  for (let step = 0; step < wanted.length; step++) {
    expect(largestError(next, logits.slice(step * width, (step + 1) * width)), `step ${step}`).toBeLessThan(limit);
    ids.push(nextToken(next, { seen: [], step }));
    next = (await decoder.step([ids.at(-1)])).subarray(0, width);
  }
  expect(ids).toEqual(wanted);
}
