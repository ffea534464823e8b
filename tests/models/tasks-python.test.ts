// What each task trains opens in Python's transformers, and gives the same loss and the same outputs there.
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import {
  answer,
  type ContrastLoss,
  classifyMultiLabel,
  embed,
  fillMasks,
  finetuneAnswerer,
  finetuneEmbedder,
  finetuneMlm,
  finetuneMultiLabel,
  finetuneMultiTask,
  finetuneRegressor,
  finetuneSeq2Seq,
  openAnswerer,
  openEmbedder,
  openMlm,
  openMultiLabel,
  openRegressor,
  openSeq2Seq,
  regress,
  saveAnswerer,
  saveEmbedder,
  saveMlm,
  saveMultiLabel,
  saveMultiTask,
  saveRegressor,
  saveSeq2Seq,
  targetPerplexity,
} from "@tetrad/language";
import { expect, test } from "vitest";
import { maskedBatch, maskToken } from "../../packages/language/src/data/masking.js";
import { largestError } from "../support/error.js";
import { python } from "../support/python.js";
import { scratch, tinyBert, tinyT5 } from "../support/tiny-model.js";

/** A folder, what Python is to do with it, and what came out here. */
interface Trained {
  readonly folder: string;
  readonly kind: string;
  readonly inputs: object;
  readonly loss: number;
  readonly outputs: readonly number[];
}

const TEXTS = ["the card is stuck", "what is a euro worth", "a stuck card and a bad rate", "nothing at all"];
const FEW = { numTrainEpochs: 4, perDeviceTrainBatchSize: 2, learningRate: 3e-3 };
/** One step on all of the examples, whose loss is that of the weights as they were. */
const ONE = { numTrainEpochs: 1, perDeviceTrainBatchSize: 64 };

const tasks: ((engine: Engine, base: string, folder: string) => Promise<Trained>)[] = [
  async (engine, base, folder) => {
    const labels = [["card"], ["rate"], ["card", "rate"], []];
    const rows = TEXTS.map((text, i) => ({ text, labels: labels[i] as string[] }));
    await saveMultiLabel(await finetuneMultiLabel(engine, base, rows, FEW), folder);
    const { losses } = await finetuneMultiLabel(engine, folder, rows, ONE);
    const outputs = await classifyMultiLabel(engine, await openMultiLabel(engine, folder), TEXTS);
    const targets = rows.map((row) => ["card", "rate"].map((label) => Number(row.labels.includes(label))));
    return {
      kind: "multi-label",
      folder,
      inputs: { texts: TEXTS, targets },
      loss: losses[0] as number,
      outputs: outputs.flatMap(({ probabilities }) => [...probabilities]),
    };
  },
  async (engine, base, folder) => {
    const values = [1.5, -2, 0.25, 3];
    const rows = TEXTS.map((text, i) => ({ text, value: values[i] as number }));
    await saveRegressor(await finetuneRegressor(engine, base, rows, FEW), folder);
    const { losses } = await finetuneRegressor(engine, folder, rows, ONE);
    const outputs = [...(await regress(engine, await openRegressor(engine, folder), TEXTS))];
    return { kind: "regression", folder, inputs: { texts: TEXTS, targets: values }, loss: losses[0] as number, outputs };
  },
  async (engine, base, folder) => {
    const context = "Vera Rubin measured in Washington how fast Andromeda turns.";
    const of = (question: string, text: string) => ({
      question,
      context,
      answers: text === "" ? [] : [{ text, begin: context.indexOf(text) }],
    });
    const questions = [of("Who measured?", "Vera Rubin"), of("Which galaxy was measured?", "Andromeda"), of("When?", "")];
    await saveAnswerer(await finetuneAnswerer(engine, base, questions, FEW), folder);
    const { losses } = await finetuneAnswerer(engine, folder, questions, ONE);
    const found = await answer(engine, await openAnswerer(engine, folder), questions);
    return {
      kind: "question answering",
      folder,
      inputs: questions.map(({ question, answers: [one] }) => [question, context, one?.begin ?? -1, one?.text.length ?? 0]),
      loss: losses[0] as number,
      outputs: found.flatMap(({ spans, nullDifference }) => [spans[0]?.score as number, nullDifference]),
    };
  },
  async (engine, base, folder) => {
    await saveMlm(await finetuneMlm(engine, await openMlm(engine, base, { freshHead: true }), TEXTS, FEW), folder);
    const model = await openMlm(engine, folder);
    const { tokenizer } = model;
    const masks = ["the [MASK] is stuck", "[MASK] is a [MASK] worth"];
    const outputs = (await fillMasks(engine, model, masks, { top: 3 })).flat(2).map(({ probability }) => probability);
    const { losses } = await finetuneMlm(engine, model, TEXTS, ONE);
    const masking = { mlmProbability: 0.15, wholeWord: false, seed: 0, mask: maskToken(tokenizer), vocabulary: tokenizer.size };
    const asked = TEXTS.map((text) => {
      const { ids, places, labels } = maskedBatch(
        [0, 1, 2, 3].map((i) => tokenizer.encode(TEXTS[i] as string)),
        [TEXTS.indexOf(text)],
        masking,
        0,
      );
      return [...ids].map((id, i) => [id, labels[places.indexOf(i)] ?? -100]);
    });
    return { kind: "masked words", folder, inputs: { asked, masks }, loss: losses[0] as number, outputs };
  },
  ...(["ranking", "cosine", "contrastive"] as const).map((loss: ContrastLoss) => async (engine: Engine, base: string, folder: string) => {
    const pairs = TEXTS.map((first, i) => ({ first, second: `${TEXTS[(i + 1) % 4]} again`, ...(loss !== "ranking" && { score: i % 2 }) }));
    await saveEmbedder(await finetuneEmbedder(engine, base, pairs, { ...FEW, loss }), folder);
    const { losses } = await finetuneEmbedder(engine, folder, pairs, { ...ONE, loss, margin: 0.4, scale: 15 });
    const embedder = await openEmbedder(engine, folder);
    const { vectors } = await embed(engine, embedder, TEXTS);
    return { kind: "embeddings", folder, inputs: { loss, pairs, texts: TEXTS }, loss: losses[0] as number, outputs: [...vectors] };
  }),
  async (engine, base, folder) => {
    const t5 = await tinyT5(`${base}-t5`);
    const pairs = TEXTS.map((source, i) => ({ source, target: TEXTS.slice(i).join(" , ") }));
    await saveSeq2Seq(await finetuneSeq2Seq(engine, await openSeq2Seq(engine, t5), pairs, FEW), folder);
    const model = await openSeq2Seq(engine, folder);
    const outputs: number[] = [];
    for (const pair of pairs) outputs.push(Math.log((await targetPerplexity(engine, model, [pair])).perplexity));
    const { losses } = await finetuneSeq2Seq(engine, model, pairs, ONE);
    return { kind: "text to text", folder, inputs: pairs, loss: losses[0] as number, outputs };
  },
];

/** A head of several over one backbone is a folder like any other. */
tasks.push(async (engine, base, folder) => {
  const values = [0.5, 1, -1, 2];
  const rows = TEXTS.map((text, i) => ({ text, value: values[i] as number }));
  const topics = TEXTS.map((text, i) => ({ text, label: ["a", "b"][i % 2] as string }));
  const run = await finetuneMultiTask(engine, base, { topic: { kind: "classify", rows: topics }, grade: { kind: "regress", rows } }, FEW);
  await saveMultiTask(run, folder);
  const own = join(folder, "grade");
  const { losses } = await finetuneRegressor(engine, own, rows, ONE);
  const outputs = [...(await regress(engine, run.tasks.grade, TEXTS))];
  return { kind: "regression", folder: own, inputs: { texts: TEXTS, targets: values }, loss: losses[0] as number, outputs };
});

// One process of Python for all: it takes five seconds to import its packages.
test("losses and outputs of trained folders are transformers'", async () => {
  const parent = scratch();
  const base = await tinyBert(join(parent, "base"));
  const engine = await createEngine({ backend: "wasm" });
  const own: Trained[] = [];
  try {
    for (const [i, task] of tasks.entries()) own.push(await task(engine, base, join(parent, `${i}`)));
  } finally {
    await engine.close();
  }
  const there = JSON.parse(python(["torch", "transformers"])(PYTHON, JSON.stringify(own))) as { loss: number; outputs: number[] }[];
  // The goldens' own rule for float32: losses 3e-6, logits 1e-5. Of losses below 1 what is left of numbers near 1 carries their error.
  own.forEach(({ kind, loss, outputs }, i) => {
    const wanted = there[i]?.loss as number;
    expect(Math.abs(loss - wanted), kind).toBeLessThan(3e-6 * Math.max(1, wanted));
    expect(largestError(outputs, there[i]?.outputs as number[]), kind).toBeLessThan(1e-5);
  });
});

const PYTHON = `
import json, sys, torch
import transformers as t
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

def whole(folder, inputs, of):
    tokenizer, model = t.AutoTokenizer.from_pretrained(folder), t.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float64).eval()
    batch = tokenizer(inputs["texts"], padding=True, return_tensors="pt")
    out = model(**batch, labels=torch.tensor(inputs["targets"], dtype=torch.float64))
    return out.loss, of(out.logits)

def answers(folder, inputs):
    tokenizer, model = t.AutoTokenizer.from_pretrained(folder), t.AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float64).eval()
    losses, outputs = [], []
    for question, context, begin, length in inputs:
        batch = tokenizer(question, context, return_tensors="pt")
        place = lambda at: torch.tensor([0 if begin < 0 else batch.char_to_token(0, at, 1)])
        out = model(**batch, start_positions=place(begin), end_positions=place(begin + length - 1))
        losses.append(out.loss)
        own = [i for i, s in enumerate(batch.sequence_ids()) if s == 1]
        start, end = out.start_logits[0], out.end_logits[0]
        best = max(start[i] + end[j] for i in own for j in own if i <= j < i + 30)
        outputs += [best, start[0] + end[0] - best]
    return torch.stack(losses).mean(), torch.stack(outputs)

def masked(folder, inputs):
    tokenizer, model = t.AutoTokenizer.from_pretrained(folder), t.AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float64).eval()
    losses = []
    for pairs in inputs["asked"]:
        ids, labels = torch.tensor(pairs).T
        losses.append(torch.nn.functional.cross_entropy(model(input_ids=ids[None]).logits[0], labels, reduction="sum"))
    count = sum(label >= 0 for pairs in inputs["asked"] for _, label in pairs)
    outputs = []
    for text in inputs["masks"]:
        batch = tokenizer(text, return_tensors="pt")
        logits = model(**batch).logits[0][batch["input_ids"][0] == tokenizer.mask_token_id]
        outputs.append(torch.softmax(logits, -1).topk(3).values.flatten())
    return sum(losses) / count, torch.cat(outputs)

def embeddings(folder, inputs):
    modules = json.load(open(folder + "/modules.json"))
    assert [m["type"].split(".")[-1] for m in modules] == ["Transformer", "Pooling", "Normalize"]
    assert json.load(open(folder + "/" + modules[1]["path"] + "/config.json"))["pooling_mode_mean_tokens"]
    tokenizer, (model, info) = t.AutoTokenizer.from_pretrained(folder), t.AutoModel.from_pretrained(folder, output_loading_info=True, dtype=torch.float64)
    # The pooler is no part of sentence-transformers' pooling.
    assert all("pooler" in name for name in info["missing_keys"]) and not info["unexpected_keys"]
    model.eval()
    def vectors(texts):
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        mask = batch["attention_mask"][..., None].double()
        mean = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
        return torch.nn.functional.normalize(mean)
    first, second = (vectors([pair[key] for pair in inputs["pairs"]]) for key in ("first", "second"))
    cosine = (first * second).sum(1)
    if inputs["loss"] == "ranking":
        loss = torch.nn.functional.cross_entropy(15 * first @ second.T, torch.arange(len(first)))
    else:
        scores = torch.tensor([float(pair["score"]) for pair in inputs["pairs"]])
        far = 1 - cosine
        squares = (cosine - scores) ** 2 if inputs["loss"] == "cosine" else 0.5 * (scores * far**2 + (1 - scores) * torch.relu(0.4 - far) ** 2)
        loss = squares.mean()
    return loss, vectors(inputs["texts"])

def written(folder, inputs):
    tokenizer, model = t.AutoTokenizer.from_pretrained(folder), t.AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float64).eval()
    losses, counts = [], []
    for pair in inputs:
        labels = tokenizer(pair["target"], return_tensors="pt")["input_ids"]
        ids = tokenizer(pair["source"], return_tensors="pt")["input_ids"]
        losses.append(model(input_ids=ids, labels=labels).loss)
        counts.append(labels.numel())
    return sum(loss * count for loss, count in zip(losses, counts)) / sum(counts), torch.stack(losses)

kinds = {
    "text to text": written,
    "embeddings": embeddings,
    "masked words": masked,
    "question answering": answers,
    "multi-label": lambda folder, inputs: whole(folder, inputs, torch.sigmoid),
    "regression": lambda folder, inputs: whole(folder, inputs, lambda logits: logits),
}
results = []
with torch.no_grad():
    for one in json.loads(sys.argv[1]):
        loss, outputs = kinds[one["kind"]](one["folder"], one["inputs"])
        results.append({"loss": loss.item(), "outputs": outputs.flatten().tolist()})
print(json.dumps(results))
`;
