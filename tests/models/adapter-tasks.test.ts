/** Classes and tags learned by an adapter and a head: written, opened here and in Python's peft, and merged into a plain model. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import {
  type ClassifyRun,
  classify,
  embed,
  fillMasks,
  finetuneClassifier,
  finetuneEmbedder,
  finetuneMlm,
  finetuneSeq2Seq,
  finetuneTagger,
  generate,
  ia3,
  lora,
  maskedPerplexity,
  mergedModel,
  openClassifier,
  openEmbedder,
  openGenerator,
  openMlm,
  openSeq2Seq,
  openTagger,
  saveClassifier,
  saveEmbedder,
  saveMlm,
  saveSeq2Seq,
  saveTagger,
  tagWords,
  targetPerplexity,
  trainedNames,
} from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { largestError } from "../support/error.js";
import { python } from "../support/python.js";
import { scratch, tinyBert, tinyT5 } from "../support/tiny-model.js";

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
  const plain = { ...run, model: await mergedModel(engine, run.model) };
  await saveClassifier(plain, join(folder, "merged"));
  expect(largestError(await probabilities(await openClassifier(engine, join(folder, "merged"))), own)).toBeLessThan(1e-5);
  const there = JSON.parse(
    python(["torch", "transformers", "peft"])(THERE, base, join(folder, "adapter"), join(folder, "again"), JSON.stringify(TEXTS)),
  ) as number[];
  expect(largestError(there, own)).toBeLessThan(1e-5);
  // As peft writes it, without a config.json and a tokenizer: those of the base model, and classes without names.
  expect(readdirSync(join(folder, "again")).filter((name) => /^(config|tokenizer)/.test(name))).toEqual([]);
  const again = await openClassifier(engine, join(folder, "again"));
  expect(again.labels).toEqual(["LABEL_0", "LABEL_1"]);
  expect(await probabilities(again)).toEqual(own);
});

const THERE = `
import json, sys, torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer
base, adapter, again, texts = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
model = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base, num_labels=2), adapter).eval()
tokenizer = AutoTokenizer.from_pretrained(adapter)
with torch.no_grad():
    logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
model.save_pretrained(again)
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

const WORDS = ["the card is stuck in the machine", "what is a euro worth today"];
const PAIRS = WORDS.map((text) => ({ first: text, second: text.split(" ").reverse().join(" ") }));
const SOURCES = PAIRS.map(({ first: source, second: target }) => ({ source, target }));

test("hidden words, vectors and texts of texts by adapters: opened again, merged, and by Python's peft", async () => {
  const folder = scratch();
  const [base, pair] = [await tinyBert(join(folder, "base")), await tinyT5(join(folder, "t5"))];
  const [mlmFolder, embedFolder, seqFolder] = ["mlm", "embed", "seq2seq"].map((name) => join(folder, name)) as [string, string, string];
  const few = { maxSteps: 3, perDeviceTrainBatchSize: 2, learningRate: 3e-2 };

  // A head that the base's file has not is trained and saved with the adapter.
  const masked = await openMlm(engine, base, { freshHead: true, peft: lora({ taskType: null, base, r: 4 }) });
  const mlm = await finetuneMlm(engine, masked, WORDS, { ...few, mlmProbability: 0.5 });
  await saveMlm(mlm, mlmFolder);
  const own = await maskedPerplexity(engine, masked, WORDS);
  expect(await maskedPerplexity(engine, await openMlm(engine, mlmFolder), WORDS)).toEqual(own);
  await saveMlm({ ...mlm, model: await mergedModel(engine, masked) }, join(folder, "mlm-merged"));
  const merged = await maskedPerplexity(engine, await openMlm(engine, join(folder, "mlm-merged")), WORDS);
  expect(largestError([merged.perplexity], [own.perplexity])).toBeLessThan(1e-5);
  const [guesses] = await fillMasks(engine, masked, ["the [MASK] is stuck"], { top: 3 });

  const embedder = await finetuneEmbedder(engine, base, PAIRS, { ...few, peft: ia3({ taskType: "FEATURE_EXTRACTION", base }) });
  await saveEmbedder(embedder, embedFolder);
  const { vectors } = await embed(engine, embedder, WORDS);
  const reopened = await openEmbedder(engine, embedFolder);
  expect(reopened.maxTokens).toBe(embedder.maxTokens);
  expect((await embed(engine, reopened, WORDS)).vectors).toEqual(vectors);
  const [plain] = [await embed(engine, await openEmbedder(engine, base), WORDS)];
  expect(largestError(plain.vectors, vectors)).toBeGreaterThan(1e-3);

  const size = { context: 16 };
  const writer = await openSeq2Seq(engine, pair, {
    peft: lora({ taskType: "SEQ_2_SEQ_LM", base: pair, r: 2, useDora: true }),
    cache: size,
  });
  const before = await targetPerplexity(engine, writer, SOURCES);
  const seq2seq = await finetuneSeq2Seq(engine, writer, SOURCES, few);
  await saveSeq2Seq(seq2seq, seqFolder);
  const after = await targetPerplexity(engine, writer, SOURCES);
  expect(after.perplexity).toBeLessThan(0.9 * before.perplexity);
  expect(await targetPerplexity(engine, await openSeq2Seq(engine, seqFolder), SOURCES)).toEqual(after);
  // A generator writes with the adapter, too.
  const answers = { maxNewTokens: 6 };
  const written = await generate(await openGenerator(engine, seqFolder, size), WORDS[0] as string, answers);
  const mergedFolder = join(folder, "seq2seq-merged");
  await saveSeq2Seq({ ...seq2seq, model: await mergedModel(engine, writer) }, mergedFolder);
  expect((await generate(await openGenerator(engine, mergedFolder, size), WORDS[0] as string, answers)).ids).toEqual(written.ids);

  const there = JSON.parse(
    python(["torch", "transformers", "peft"])(ALL_THERE, base, pair, mlmFolder, embedFolder, seqFolder, JSON.stringify({ WORDS, SOURCES })),
  ) as { guesses: number[]; vectors: number[]; perplexity: number; ids: number[] };
  expect(largestError(there.guesses, guesses?.[0]?.map(({ probability }) => probability) ?? [])).toBeLessThan(1e-5);
  expect(largestError(there.vectors, vectors)).toBeLessThan(1e-5);
  expect(Math.abs(there.perplexity / after.perplexity - 1)).toBeLessThan(1e-4);
  expect(there.ids.slice(1, 7)).toEqual(written.ids);
});

const ALL_THERE = `
import json, sys, torch
from peft import PeftModel
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer
base, pair, mlm, embed, seq2seq = sys.argv[1:6]
texts = json.loads(sys.argv[6])
with torch.no_grad():
    tokenizer = AutoTokenizer.from_pretrained(mlm)
    model = PeftModel.from_pretrained(AutoModelForMaskedLM.from_pretrained(base), mlm).eval()
    ids = tokenizer("the [MASK] is stuck", return_tensors="pt")
    at = ids["input_ids"][0].tolist().index(tokenizer.mask_token_id)
    guesses = torch.softmax(model(**ids).logits[0, at], -1).topk(3).values.tolist()

    model = PeftModel.from_pretrained(AutoModel.from_pretrained(base), embed).eval()
    ids = tokenizer(texts["WORDS"], padding=True, return_tensors="pt")
    mask = ids["attention_mask"][..., None]
    means = (model(**ids).last_hidden_state * mask).sum(1) / mask.sum(1)
    vectors = torch.nn.functional.normalize(means).flatten().tolist()

    model = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained(pair), seq2seq).eval()
    loss, count = 0.0, 0
    for one in texts["SOURCES"]:
        source = tokenizer(one["source"], return_tensors="pt")
        labels = tokenizer(one["target"], return_tensors="pt")["input_ids"]
        loss += model(input_ids=source["input_ids"], attention_mask=source["attention_mask"], labels=labels).loss.item() * labels.numel()
        count += labels.numel()
    source = tokenizer(texts["WORDS"][0], return_tensors="pt")
    ids = model.generate(input_ids=source["input_ids"], attention_mask=source["attention_mask"], max_new_tokens=6, do_sample=False, num_beams=1)[0].tolist()
    perplexity = torch.exp(torch.tensor(loss / count)).item()
print(json.dumps({"guesses": guesses, "vectors": vectors, "perplexity": perplexity, "ids": ids}))
`;
