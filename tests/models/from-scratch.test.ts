// A model made of a configuration and a tokenizer of our own: transformers opens it and learns as it does here, step by step.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type JsonObject } from "@tetrad/engine";
import { encodeTexts, finetuneLm, freshLm, openLm, saveModel, trainBpe } from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { python } from "../support/python.js";
import { root } from "../support/root.js";

const texts = readFileSync(join(root, "docs/architecture.md"), "utf8").split("\n\n").slice(2, 10);
const CONFIGS: Readonly<Record<string, JsonObject>> = {
  llama: {
    model_type: "llama",
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 1024,
    tie_word_embeddings: true,
  },
  gpt2: { model_type: "gpt2", n_embd: 32, n_layer: 2, n_head: 4, n_positions: 1024, resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 },
};
const recipe = { numTrainEpochs: 10, perDeviceTrainBatchSize: texts.length, learningRate: 1e-2, maxTokens: 128 } as const;

test("ten steps from the same folder, here and in transformers", async () => {
  const parent = mkdtempSync(join(tmpdir(), "tetrad-fresh-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const engine = await createEngine({ backend: "wasm" });
  onTestFinished(() => engine.close());
  const tokenizer = trainBpe(texts, { vocabSize: 400 });
  const own: Record<string, readonly number[]> = {};
  const ids: Record<string, readonly (readonly number[])[]> = {};
  for (const [name, config] of Object.entries(CONFIGS)) {
    const folder = join(parent, name);
    await saveModel(freshLm(engine, config, tokenizer, { seed: 7 }), folder);
    const model = await openLm(engine, folder);
    ids[name] = (await encodeTexts(model, texts)).sequences.map((list) => [...list]);
    own[name] = (await finetuneLm(engine, model, texts, recipe)).losses;
    expect(own[name]).toHaveLength(10);
  }
  const there = JSON.parse(python(["torch", "transformers"])(PYTHON, parent, JSON.stringify(ids), JSON.stringify(texts))) as typeof own;
  for (const [name, losses] of Object.entries(own)) {
    // What no text has is foretold by chance at first.
    expect(Math.abs((losses[0] as number) - Math.log(400))).toBeLessThan(0.1);
    expect(losses[9]).toBeLessThan(0.9 * (losses[0] as number));
    // Losses come in float32, 6e-8 of them at best.
    losses.forEach((loss, i) => {
      expect(Math.abs(loss / ((there[name] as number[])[i] as number) - 1), `${name}, step ${i}`).toBeLessThan(2e-6);
    });
  }
});

// The recipe of TrainingArguments: a tenth of all steps warms up, matrices alone decay.
const PYTHON = `
import json, os, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer, get_linear_schedule_with_warmup
torch.set_num_threads(1)
results = {}
for name, whole in json.loads(sys.argv[2]).items():
    model = AutoModelForCausalLM.from_pretrained(os.path.join(sys.argv[1], name)).train()
    tokenizer = AutoTokenizer.from_pretrained(os.path.join(sys.argv[1], name))
    assert [tokenizer(text).input_ids + [model.config.eos_token_id] for text in json.loads(sys.argv[3])] == whole
    ids = [i[:128] for i in whole]
    longest = max(map(len, ids))
    batch = dict(
        input_ids=torch.tensor([i + [0] * (longest - len(i)) for i in ids]),
        attention_mask=torch.tensor([[1] * len(i) + [0] * (longest - len(i)) for i in ids]),
        labels=torch.tensor([i + [-100] * (longest - len(i)) for i in ids]),
    )
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([dict(params=matrices, weight_decay=0.01), dict(params=others, weight_decay=0)], lr=1e-2)
    schedule = get_linear_schedule_with_warmup(optimizer, 1, 10)
    losses = []
    for _ in range(10):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    results[name] = losses
print(json.dumps(results))
`;

test("what does not fit together is named", async () => {
  const engine = await createEngine({ backend: "wasm" });
  onTestFinished(() => engine.close());
  const tokenizer = trainBpe(texts, { vocabSize: 400 });
  const { llama } = CONFIGS;
  expect(() => freshLm(engine, { ...llama, vocab_size: 300 }, tokenizer)).toThrow(
    /config\.json: tokenizer and model have different vocabularies.*400.*300/,
  );
  expect(() => freshLm(engine, { ...llama, model_type: "lama" }, tokenizer)).toThrow(/did you mean "llama"/);
  expect(() => freshLm(engine, { model_type: "llama" }, tokenizer)).toThrow(/"hidden_size" is missing/);
});
