// Several sequences at once: the tokens that each has alone, whatever their lengths, in fewer places than prompts, on every backend; text as it comes.
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import { generate, generateBatch, openGenerator, Tokenizer } from "@tetrad/language";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TextStream } from "../../packages/language/src/generate/text-stream.js";
import { openEngine } from "../support/engines.js";
import { machines } from "../support/language-golden.js";
import { describeShared } from "../support/shared.js";
import { tinyGenerator } from "../support/tiny-generator.js";

const PROMPTS = ["3", "1 2 3 4 5 6 7 8", "90 80", "5 5 5 5 5", `${"11 7 ".repeat(17)}`, "64"];

describe.each(machines)("$name", ({ options, dtype }) => {
  // One of them does for WebGPU, whose shaders take seconds to compile.
  test.each(options.backend === "webgpu" ? ["llama-tiny"] : ["gpt2-tiny", "llama-tiny"])("%s", async (name) => {
    const engine = await openEngine(options);
    try {
      // gpt2-tiny reads 32 tokens, which the longest prompt would fill.
      const prompts = name === "gpt2-tiny" ? PROMPTS.filter(({ length }) => length < 32) : PROMPTS;
      const size = { context: 48, sequences: 3 };
      const several = await tinyGenerator(engine, name, size, { dtype });
      const alone = await tinyGenerator(engine, name, { context: 48 }, { dtype });
      const first = await generate(alone, prompts[0] as string, { maxNewTokens: 6 });
      // One ends by its own token after the others have gone on.
      const ends = new Set([first.ids.at(-1) as number]);
      for (const sampling of [{}, { temperature: 1, topK: 20, seed: 3 }]) {
        const own = { ...sampling, maxNewTokens: 9 };
        const order: number[] = [];
        const answers = await generateBatch({ ...several, ends }, prompts, { ...own, onAnswer: (_, number) => order.push(number) });
        expect([...order].sort()).toEqual(prompts.map((_, number) => number));
        for (const [i, prompt] of prompts.entries()) {
          const { ids, text, reason } = await generate({ ...alone, ends }, prompt, own);
          expect(answers[i], prompt).toMatchObject({ ids, text, reason });
        }
      }
    } finally {
      await engine.close();
    }
  });
});

test("a signal ends them all, those that have not begun too", async () => {
  const engine = await createEngine({ backend: "wasm" });
  try {
    const generator = await tinyGenerator(engine, "llama-tiny", { context: 40, sequences: 2 });
    const controller = new AbortController();
    const answers = await generateBatch(generator, ["1", "2", "3"], {
      maxNewTokens: 30,
      signal: controller.signal,
      onText: (text) => text.length > 0 && controller.abort(),
    });
    expect(answers.map(({ reason }) => reason)).toEqual(["aborted", "aborted", "aborted"]);
    expect(answers[0]?.ids.length).toBeGreaterThan(0);
    expect(answers[2]?.ids).toEqual([]);
  } finally {
    await engine.close();
  }
});

test("sequences that rest, are copied, and go on", async () => {
  const engine = await createEngine({ backend: "wasm" });
  try {
    const { decoder } = await tinyGenerator(engine, "llama-tiny", { context: 40, sequences: 3 });
    const { decoder: alone } = await tinyGenerator(engine, "llama-tiny", { context: 40 });
    const row = (all: Float32Array, sequence: number) => [
      ...all.subarray(sequence * decoder.vocabulary, (sequence + 1) * decoder.vocabulary),
    ];
    const after = async (ids: readonly number[]) => {
      alone.reset();
      return [...(await alone.read(ids))];
    };
    const near = (got: readonly number[], want: readonly number[]) =>
      expect(Math.max(...got.map((x, i) => Math.abs(x - (want[i] as number))))).toBeLessThan(1e-5 * Math.max(...want.map(Math.abs)));
    await decoder.begin([1, 2, 3, 4], 0);
    await decoder.begin([1, 2, 9], 1);
    await decoder.begin([7], 2);
    let logits = await decoder.step([5, undefined, 8]);
    near(row(logits, 0), await after([1, 2, 3, 4, 5]));
    near(row(logits, 2), await after([7, 8]));
    // 0 and 1 change places, 2 becomes what 0 was.
    await decoder.copy([1, 0, 0]);
    logits = await decoder.step([6, 6, 7]);
    near(row(logits, 0), await after([1, 2, 9, 6]));
    near(row(logits, 1), await after([1, 2, 3, 4, 5, 6]));
    near(row(logits, 2), await after([1, 2, 3, 4, 5, 7]));
    // A context that is full, prompts longer than a chunk, and one that is read on
    await decoder.begin(
      Array.from({ length: 37 }, (_, i) => i),
      1,
    );
    near([...(await decoder.read([40, 41, 42], 1))], await after([...Array.from({ length: 37 }, (_, i) => i), 40, 41, 42]));
    near(row(await decoder.step([1, undefined, undefined]), 0), await after([1, 2, 9, 6, 1]));
    await expect(decoder.read([1], 1)).rejects.toMatchObject({ code: "ARGUMENT" });
  } finally {
    await engine.close();
  }
});

describeShared("text as it comes", "models/SmolLM2-135M-Instruct", (folder) => {
  test("is the text of all tokens, part by part", async () => {
    const tokenizer = await Tokenizer.load(folder);
    const texts = [
      "Gravity is the force. It's 9.81 m/s².",
      "naïve 北京 👩‍🔬🚀 e\u0301 \ufffd end",
      "  two  spaces\n\n\tand tabs",
      "<|im_start|>user\nhi<|im_end|>\n",
    ];
    for (const text of texts) {
      for (const opening of [[], tokenizer.encode("The answer: ").ids]) {
        const stream = new TextStream(tokenizer, opening);
        const { ids } = tokenizer.encode(text);
        const parts = [...ids.map((id) => stream.push(id)), stream.rest()];
        expect(parts.join("")).toBe(tokenizer.decode([...opening, ...ids]).slice(tokenizer.decode(opening).length));
        // No half of a character is given away.
        for (const part of parts.slice(0, -1)) expect(part.replaceAll("\ufffd end", "")).not.toMatch(/\ufffd$/);
      }
    }
  });
});

describeShared("a checkpoint of llama2.c", "data/stories260K", (data) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ backend: "wasm" });
  });
  afterAll(() => engine.close());

  test("stories of several beginnings", async () => {
    const prompts = ["Once upon a time", "Lily and Ben", "The cat"];
    const several = await openGenerator(engine, join(data, "stories260K.bin"), { context: 64, sequences: 2 });
    const alone = await openGenerator(engine, join(data, "stories260K.bin"), { context: 64 });
    const streamed = prompts.map(() => "");
    const answers = await generateBatch(several, prompts, {
      maxNewTokens: 30,
      onText: (text, prompt) => {
        streamed[prompt] += text;
      },
    });
    for (const [i, prompt] of prompts.entries()) {
      expect(answers[i]?.text).toBe((await generate(alone, prompt, { maxNewTokens: 30 })).text);
      expect(streamed[i]).toBe(answers[i]?.text);
      const { tokenizer } = alone.model;
      const given = tokenizer.encode(prompt).ids;
      const whole = tokenizer.decode([...given, ...(answers[i]?.ids ?? [])]);
      expect(answers[i]?.text).toBe(whole.slice(tokenizer.decode(given).length));
    }
    const [own] = answers;
    const word = own?.text.trim().split(" ")[0] as string;
    const without = await generate(alone, prompts[0] as string, { maxNewTokens: 30, badWords: [word] });
    expect(without.text).not.toContain(` ${word} `);
    expect(own?.text).toContain(word);
  });
});
