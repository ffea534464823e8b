// Beam search and the rules of tokens, text by text as transformers has them; goldens/generation has the script.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "@tetrad/engine";
import { type BeamOptions, beamSearch, generate, type RuleOptions, type TextGenerator } from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { machines } from "../support/language-golden.js";
import { root } from "../support/root.js";
import { numbersTokenizer, tinyGenerator, tinyPair } from "../support/tiny-generator.js";

interface Case {
  readonly model: string;
  readonly prompt: readonly number[];
  readonly ends: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly ids: readonly (readonly number[])[];
  readonly scores: readonly number[] | null;
}
const golden = JSON.parse(readFileSync(join(root, "tests/goldens/generation/generation.json"), "utf8")) as {
  readonly maxNewTokens: number;
  readonly cases: readonly Case[];
};
const NAMES: Readonly<Record<string, keyof (BeamOptions & RuleOptions)>> = {
  num_beams: "numBeams",
  num_return_sequences: "numReturnSequences",
  length_penalty: "lengthPenalty",
  early_stopping: "earlyStopping",
  no_repeat_ngram_size: "noRepeatNgramSize",
  min_new_tokens: "minNewTokens",
  repetition_penalty: "repetitionPenalty",
  bad_words_ids: "badWordsIds",
};

async function check(generator: TextGenerator, { prompt, ends, options, ids, scores }: Case) {
  const named: BeamOptions = Object.fromEntries(Object.entries(options).map(([name, value]) => [NAMES[name], value]));
  const own = { ...generator, ends: new Set(ends) };
  const text = numbersTokenizer.decode(prompt);
  const said = `${JSON.stringify(options)} ends ${ends}`;
  if (named.numBeams === undefined) {
    const answer = await generate(own, text, { ...named, maxNewTokens: golden.maxNewTokens });
    expect([answer.ids], said).toEqual(ids);
    return;
  }
  const beams = await beamSearch(own, text, { ...named, maxNewTokens: golden.maxNewTokens });
  expect(
    beams.map((beam) => beam.ids),
    said,
  ).toEqual(ids);
  expect(
    beams.map((beam) => beam.text),
    said,
  ).toEqual(ids.map((own) => numbersTokenizer.decode(own)));
  // Logarithms of float32 logits there, and sums of twelve of them
  beams.forEach(({ score }, i) => expect(Math.abs(score - (scores?.[i] as number)), said).toBeLessThan(2e-5 * Math.abs(score)));
}

// WebGPU is left to generate-batch.test.ts and kernels/index-copy.test.ts: it takes half a minute for nothing else.
describe.each(machines.filter(({ options }) => options.backend !== "webgpu"))("$name", ({ name, options, dtype }) => {
  test.each(["gpt2-tiny", "llama-tiny", "t5-tiny"])("%s", async (model) => {
    const engine = await openEngine(options);
    try {
      const size = { context: 40, sequences: 4 };
      const generator = model === "t5-tiny" ? await tinyPair(engine, size, { dtype }) : await tinyGenerator(engine, model, size, { dtype });
      const own = golden.cases.filter((one) => one.model === model);
      // The search is the same on every machine; what moves in its caches is not.
      const few = name !== "reference f64" && name !== "relaxed f32";
      for (const one of few ? own.slice(7, 9) : own) await check(generator, one);
    } finally {
      await engine.close();
    }
  });
});

const reference = async (work: (engine: Engine) => Promise<void>) => {
  const engine = await openEngine({ backend: "reference" });
  await work(engine).finally(() => engine.close());
};

test("numbers out of range are named", () =>
  reference(async (engine) => {
    const generator = await tinyGenerator(engine, "llama-tiny", { context: 12, sequences: 2 });
    await expect(beamSearch(generator, "1 2", { numBeams: 3 })).rejects.toThrow(/numBeams.*got 3.*1 to 2.*sequences/s);
    await expect(beamSearch(generator, "1 2", { numBeams: 2, numReturnSequences: 3 })).rejects.toThrow(/numReturnSequences.*1 to 2/s);
    await expect(beamSearch(generator, "1 2", { numBeams: 2, noRepeatNgramSize: -1 })).rejects.toThrow(/noRepeatNgramSize/);
    await expect(beamSearch(generator, "1 2", { numBeams: 2, badWords: [""] })).rejects.toThrow(/bad word is empty/);
    await expect(beamSearch(generator, "1 ".repeat(12), { numBeams: 2 })).rejects.toThrow(/no room/);
    const [whole] = await beamSearch(generator, "1 ".repeat(11), { numBeams: 2 });
    expect(whole).toMatchObject({ reason: "length" });
    expect(whole?.ids).toHaveLength(1);
    const aborted = await beamSearch(generator, "1 2", { numBeams: 2, signal: AbortSignal.abort() });
    expect(aborted).toMatchObject([{ reason: "aborted", ids: [] }]);
  }));
