// Folders of small models with random weights and a real tokenizer: for tests of what training does, not of how good it gets.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type JsonObject, type ParamSpecs, writeModelFolder } from "@tetrad/engine";
import { backboneOf, encoderDecoderOf, readConfig } from "@tetrad/language";
import { onTestFinished } from "vitest";
import { sharedPath } from "./shared.js";

/** A fresh folder, removed when the running test ends. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), "tetrad-tiny-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Files of a model's tokenizer, by the model's folder. */
const TOKENIZERS = {
  "all-MiniLM-L6-v2": ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"],
  "SmolLM2-135M-Instruct": ["tokenizer.json", "tokenizer_config.json"],
} as const;

async function written(
  path: string,
  config: JsonObject,
  params: ParamSpecs,
  tokenizer: keyof typeof TOKENIZERS = "all-MiniLM-L6-v2",
): Promise<string> {
  const engine = await createEngine({ backend: "wasm" });
  try {
    mkdirSync(path, { recursive: true });
    const store = engine.store(params, { seed: 7 });
    await writeModelFolder(path, config, new Map(store.names.map((name) => [name, { shape: store.shape(name), data: store.get(name) }])));
    for (const name of TOKENIZERS[tokenizer]) cpSync(sharedPath(`models/${tokenizer}/${name}`), join(path, name));
    return path;
  } finally {
    await engine.close();
  }
}

/** BERT, 2 layers, 32 wide, without dropout, with MiniLM's tokenizer. */
export async function tinyBert(path: string, changes: JsonObject = {}): Promise<string> {
  const config = {
    ...(await readConfig(sharedPath("models/all-MiniLM-L6-v2"))),
    architectures: ["BertModel"],
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    intermediate_size: 48,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    // Larger than trained models', so that a few layers of random numbers tell texts apart.
    initializer_range: 0.3,
    ...changes,
  };
  return written(path, config, backboneOf(config).params);
}

/** Llama, 2 layers, 32 wide, with SmolLM2's tokenizer and its template of chats. */
export async function tinyLlama(path: string): Promise<string> {
  const source = "SmolLM2-135M-Instruct";
  const config = {
    ...(await readConfig(sharedPath(`models/${source}`))),
    ...{ hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 48 },
  };
  return written(path, config, backboneOf(config).params, source);
}

/** T5 v1.1 of the goldens' size, with MiniLM's tokenizer, whose [PAD] and [SEP] begin and end a target. */
export async function tinyT5(path: string): Promise<string> {
  // Of new weights only, and transformers refuses the 1 that JSON has for its 1.0.
  const { initializer_factor: _, ...golden } = await readConfig(sharedPath("golden/t5-tiny"));
  const config = {
    ...golden,
    vocab_size: 30522,
    eos_token_id: 102,
    pad_token_id: 0,
    relative_attention_num_buckets: 32,
    relative_attention_max_distance: 128,
  };
  return written(path, config, encoderDecoderOf(config).params);
}
