/** Classes and tags learned by an adapter and a head: written, opened here and in Python's peft, and merged into a plain model. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import {
  type ClassifyRun,
  classify,
  finetuneClassifier,
  finetuneTagger,
  ia3,
  lora,
  mergedModel,
  openClassifier,
  openTagger,
  saveClassifier,
  saveTagger,
  tagWords,
  trainedNames,
} from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { largestError } from "../support/error.js";
import { python } from "../support/python.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

const TEXTS = ["the card is stuck", "what is a euro worth", "a stuck card", "is a euro a card?"];
const ROWS = TEXTS.map((text, i) => ({ text, label: ["card", "rate"][i % 2] as string }));
const OPTIONS = { numTrainEpochs: 15, perDeviceTrainBatchSize: 2, learningRate: 1e-2 };

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm", threads: 1 });
});
afterAll(() => engine.close());

const probabilities = async (run: Pick<ClassifyRun, "model" | "labels" | "maxTokens">) =>
  (await classify(engine, run, TEXTS)).flatMap((one) => [...one.probabilities]);

test("classes by LoRA: the usual layers, the head and what the base model has not are trained, and nothing else", async () => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"));
  const peft = lora({ taskType: "SEQ_CLS", base, r: 4, loraAlpha: 8, modulesToSave: ["classifier", "score"] });
  const run = await finetuneClassifier(engine, base, ROWS, { ...OPTIONS, peft });
  expect(run.losses.at(-1)).toBeLessThan(0.2 * (run.losses[0] as number));
  const trained = trainedNames(run.model.store);
  expect(trained.filter((name) => !/^classifier\.|^bert\.pooler\.|\.(query|value)\.lora_[AB]\.weight$/.test(name))).toEqual([]);
  expect(trained).toHaveLength(2 * 2 * 2 + 4);
  const own = await probabilities(run);
  await saveClassifier(run, join(folder, "adapter"));
  expect(existsSync(join(folder, "adapter/model.safetensors"))).toBe(false);
  const opened = await openClassifier(engine, join(folder, "adapter"));
  expect(opened.labels).toEqual(["card", "rate"]);
  expect(await probabilities(opened)).toEqual(own);
  const plain = { ...run, model: mergedModel(engine, run.model) };
  await saveClassifier(plain, join(folder, "merged"));
  expect(largestError(await probabilities(await openClassifier(engine, join(folder, "merged"))), own)).toBeLessThan(1e-5);
  const there = JSON.parse(
    python(["torch", "transformers", "peft"])(THERE, base, join(folder, "adapter"), JSON.stringify(TEXTS)),
  ) as number[];
  expect(largestError(there, own)).toBeLessThan(1e-5);
});

const THERE = `
import json, sys, torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer
base, adapter, texts = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
model = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base, num_labels=2), adapter).eval()
tokenizer = AutoTokenizer.from_pretrained(adapter)
with torch.no_grad():
    logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
print(json.dumps(torch.softmax(logits, -1).flatten().tolist()))
`;

test("tags by IA³", async () => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"));
  const sentences = [
    { words: ["Vera", "Rubin", "wrote"], tags: ["B-PER", "I-PER", "O"] },
    { words: ["she", "saw", "Andromeda"], tags: ["O", "O", "B-LOC"] },
  ];
  const peft = ia3({ taskType: "TOKEN_CLS", base, modulesToSave: ["classifier", "score"] });
  const run = await finetuneTagger(engine, base, sentences, { ...OPTIONS, peft });
  await saveTagger(run, join(folder, "adapter"));
  const words = sentences.map((one) => one.words);
  expect(await tagWords(engine, await openTagger(engine, join(folder, "adapter")), words)).toEqual(await tagWords(engine, run, words));
});

test("layers that are none are refused", async () => {
  const folder = scratch();
  const base = await tinyBert(join(folder, "base"));
  const peft = lora({ taskType: "SEQ_CLS", base, targetModules: ["qerry"] });
  await expect(finetuneClassifier(engine, base, ROWS, { peft })).rejects.toThrow(
    /no layer of this bert model matches.*did you mean "query"/,
  );
});
