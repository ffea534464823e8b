/** Prompts, prefixes and bottleneck adapters as tasks use them: trained, written, opened again, and gone on from with a cache of keys and values. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine, type JsonObject } from "@tetrad/engine";
import {
  answer,
  beamSearch,
  bottleneck,
  classify,
  finetuneAnswerer,
  finetuneClassifier,
  finetuneLm,
  finetuneTagger,
  generateBatch,
  type MakeMethod,
  mergedModel,
  openAnswerer,
  openClassifier,
  openGenerator,
  openLm,
  openTagger,
  perplexity,
  prefixTuning,
  promptTuning,
  saveAdapter,
  saveAnswerer,
  saveClassifier,
  saveLm,
  saveTagger,
  stridedPerplexity,
  tagWords,
  trainedShare,
} from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSafetensors } from "../../packages/engine/src/io/safetensors.js";
import { decoderWithoutCache } from "../support/decoder-without-cache.js";
import { largestError } from "../support/error.js";
import { openGolden } from "../support/peft-golden.js";
import { root } from "../support/root.js";
import { sharedPath } from "../support/shared.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

const TEXTS = ["the card is stuck", "what is a euro worth", "a stuck card", "is a euro a card?"];
const ROWS = TEXTS.map((text, i) => ({ text, label: ["card", "rate"][i % 2] as string }));
const HEADS = ["classifier", "score"];

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm", threads: 1 });
});
afterAll(() => engine.close());

const classifiers: Readonly<Record<string, (base: string) => MakeMethod>> = {
  "a prompt that begins as a text": (base) =>
    promptTuning({ taskType: "SEQ_CLS", base, modulesToSave: HEADS, numVirtualTokens: 4, promptTuningInitText: "card or rate?" }),
  "a prefix": (base) => prefixTuning({ taskType: "SEQ_CLS", base, modulesToSave: HEADS, numVirtualTokens: 3 }),
  "a projected prefix": (base) =>
    prefixTuning({ taskType: "SEQ_CLS", base, modulesToSave: HEADS, numVirtualTokens: 3, prefixProjection: true }),
  bottlenecks: (base) => bottleneck({ taskType: "SEQ_CLS", base, modulesToSave: HEADS, reductionFactor: 4 }),
};

test.each(Object.entries(classifiers))("classes by %s", async (name, make) => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"));
  const run = await finetuneClassifier(engine, base, ROWS, {
    peft: make(base),
    numTrainEpochs: 12,
    perDeviceTrainBatchSize: 2,
    learningRate: 1e-2,
  });
  expect(run.losses.at(-1)).toBeLessThan(0.3 * (run.losses[0] as number));
  expect(trainedShare(run.model.store)).toMatch(/^[\d,]+ of \d,\d+,\d+ parameters are trained/);
  const own = (await classify(engine, run, TEXTS)).flatMap(({ probabilities }) => [...probabilities]);
  await saveClassifier(run, join(folder, "adapter"));
  const opened = await openClassifier(engine, join(folder, "adapter"));
  const again = (await classify(engine, opened, TEXTS)).flatMap(({ probabilities }) => [...probabilities]);
  if (name === "a projected prefix") expect(largestError(again, own)).toBeLessThan(1e-5);
  else expect(again).toEqual(own);
  await expect(mergedModel(engine, run.model)).rejects.toThrow(/cannot be merged/);
});

test("tags by a prompt: words are found behind it", async () => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"));
  const sentences = [
    { words: ["Vera", "Rubin", "wrote"], tags: ["B-PER", "I-PER", "O"] },
    { words: ["she", "saw", "Andromeda"], tags: ["O", "O", "B-LOC"] },
  ];
  const peft = promptTuning({ taskType: "TOKEN_CLS", base, modulesToSave: HEADS, numVirtualTokens: 5 });
  const options = { peft, numTrainEpochs: 40, perDeviceTrainBatchSize: 2, learningRate: 3e-2 };
  const run = await finetuneTagger(engine, base, sentences, options);
  await saveTagger(run, join(folder, "adapter"));
  const words = sentences.map((one) => one.words);
  expect(await tagWords(engine, await openTagger(engine, join(folder, "adapter")), words)).toEqual(sentences.map((one) => one.tags));
});

test("answers by a prompt: windows of two texts begin with it", async () => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"));
  const context = "Vera Rubin measured how Andromeda turns. She lived in Washington.";
  const asked = { question: "where did she live?", context };
  const question = { ...asked, id: "1", answers: [{ text: "Washington", begin: context.indexOf("Washington") }] };
  const peft = promptTuning({ taskType: "QUESTION_ANS", base, modulesToSave: ["qa_outputs"], numVirtualTokens: 3 });
  const size = { maxTokens: 24, stride: 4 };
  const run = await finetuneAnswerer(engine, base, [question], { ...size, peft, numTrainEpochs: 30, learningRate: 3e-2 });
  expect(run.windows).toBeGreaterThan(0);
  await saveAnswerer(run, join(folder, "adapter"));
  const own = await answer(engine, run, [asked]);
  expect(own[0]?.text).toBe("Washington");
  expect(await answer(engine, await openAnswerer(engine, join(folder, "adapter"), size), [asked])).toEqual(own);
});

const STORY = "Once upon a time there was a red ball. The red ball was sad. ";
const base = () => sharedPath("data/stories260K/stories260K.bin");
const writers: Readonly<Record<string, () => MakeMethod>> = {
  "a prompt": () => promptTuning({ taskType: "CAUSAL_LM", base: base(), numVirtualTokens: 6, promptTuningInitText: "Once upon a time" }),
  "a prefix": () => prefixTuning({ taskType: "CAUSAL_LM", base: base(), numVirtualTokens: 6 }),
  bottlenecks: () => bottleneck({ taskType: "CAUSAL_LM", base: base(), architecture: "houlsby" }),
};

test.each(Object.entries(writers))("texts by %s", async (_, make) => {
  const folder = join(scratch(), "adapter");
  const texts = [STORY, `${STORY}A dog took it away.`];
  const model = await openLm(engine, base(), { peft: make() });
  const plain = await perplexity(engine, await openLm(engine, base()), texts);
  expect(await perplexity(engine, model.unadapted as typeof model, texts)).toEqual(plain);
  const first = await perplexity(engine, model, texts);
  const run = await finetuneLm(engine, model, texts, { numTrainEpochs: 15, perDeviceTrainBatchSize: 1, learningRate: 3e-2 });
  await saveLm(run, folder);
  const opened = await openLm(engine, folder);
  const last = await perplexity(engine, opened, texts);
  expect(last).toEqual(await perplexity(engine, run.model, texts));
  expect(last.perplexity).toBeLessThan(0.8 * first.perplexity);
  // The same tokens count, with what stands before them or without, and in windows that all begin with it.
  expect(last.tokens).toBe(plain.tokens);
  expect((await stridedPerplexity(engine, opened, texts, { maxTokens: 12, stride: 5 })).tokens).toBe(plain.tokens);

  const prompts = ["Once upon", "The red ball was", "The red ball was sad. Once upon a time there was a red ball. The red"];
  const alone = await openGenerator(engine, folder, { context: 48 });
  const together = await openGenerator(engine, folder, { context: 48, sequences: 2 });
  // Beams go on from rows that others have read, with what stands before them: the second sequence has read nothing itself.
  const search = { numBeams: 2, numReturnSequences: 2, maxNewTokens: 8 };
  const uncached = await decoderWithoutCache(engine, together.model, 2);
  for (const prompt of prompts.slice(0, 2)) {
    const beams = await beamSearch(together, prompt, search);
    const recomputed = await beamSearch({ ...together, decoder: uncached }, prompt, search);
    expect(beams.map(({ ids }) => ids)).toEqual(recomputed.map(({ ids }) => ids));
    // Float32 logits of other plans
    beams.forEach(({ score }, i) => expect(score).toBeCloseTo(recomputed[i]?.score as number, 4));
  }
  uncached.close();

  const options = { maxNewTokens: 8, repetitionPenalty: 1.1 };
  const own = (await generateBatch(alone, prompts, options)).map(({ text }) => text);
  expect((await generateBatch(together, prompts, options)).map(({ text }) => text)).toEqual(own);
  expect(new Set(own).size).toBe(3);
  alone.decoder.close();
  together.decoder.close();
});

test("virtual tokens that leave no room, and none at all, are refused", async () => {
  const method = (numVirtualTokens: number) => promptTuning({ taskType: "CAUSAL_LM", base: base(), numVirtualTokens });
  await expect(openLm(engine, base(), { peft: method(512) })).rejects.toThrow(/leave no room for a text.*512/);
  await expect(openLm(engine, base(), { peft: method(0) })).rejects.toThrow(/virtual tokens must be a whole number above 0/);
  const tooNarrow = bottleneck({ taskType: "CAUSAL_LM", base: base(), reductionFactor: 1000 });
  await expect(openLm(engine, base(), { peft: tooNarrow })).rejects.toThrow(/reduction factor is out of range/);
});

// Python's `adapters` wants another transformers than its peft does: what it would read is held to what it has written, number by number.
test.each(["bert-pfeiffer", "bert-houlsby", "llama-houlsby"])("%s is written as Python's adapters writes it", async (name) => {
  const folder = scratch();
  const { adapted, store } = await openGolden(engine, name, "f32");
  const there = join(root, "tests/goldens/bottleneck", name);
  const json = (path: string) => JSON.parse(readFileSync(path, "utf8")) as JsonObject;
  const bert = name.startsWith("bert");
  const label2id = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`LABEL_${i}`, i]));
  const model = { architectures: [bert ? "BertForSequenceClassification" : "LlamaForCausalLM"], ...(bert && { label2id }) };
  await saveAdapter(store, adapted.method, folder, {}, model);
  expect(json(join(folder, "adapter_config.json"))).toEqual(json(join(there, "adapter_config.json")));
  expect(readFileSync(join(folder, "adapter_config.json"), "utf8")).toMatch(/"scaling": (1\.0|0\.5),?\n/);
  const files = ["adapter.safetensors", ...(bert ? ["model_head.safetensors"] : [])];
  for (const file of files) {
    const [own, other] = [folder, there].map((at) => readSafetensors(readFileSync(join(at, file))).tensors);
    expect(new Map([...(own ?? [])].sort()), file).toEqual(new Map([...(other ?? [])].sort()));
  }
});
