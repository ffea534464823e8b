// Language models whose weights stay as their file has them: the logits, texts and training of widened weights; and what rounding to int8 changes.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, type FormatName, quantizeWeights, writeSafetensors } from "@tetrad/engine";
import {
  batchSpecs,
  causalLm,
  finetuneLm,
  generate,
  type LmOptions,
  lora,
  type OpenOptions,
  openGenerator,
  openLm,
  openModel,
  packBatch,
  perplexity,
  type TokenBatch,
  trainedShare,
} from "@tetrad/language";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { type GgufTensor, writeGguf } from "../support/gguf.js";
import { machines, TOLERANCE } from "../support/language-golden.js";
import { randoms } from "../support/ops-cases.js";
import { sharedPath } from "../support/shared.js";

const [WIDTH, INNER, WORDS, LAYERS] = [64, 256, 40, 2];
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const TEXTS = Array.from({ length: 8 }, (_, i) => Array.from({ length: 12 + i }, (_, j) => LETTERS[(i * j + 3 * j) % 26]).join(""));

/** A file's parts of a layer: every format that is read, one of them at least where integer products can be. */
const PARTS: Readonly<Record<string, readonly [shape: readonly [number, number], format: FormatName]>> = {
  attn_q: [[WIDTH, WIDTH], "q4_1"],
  attn_k: [[32, WIDTH], "q4_0"],
  attn_v: [[32, WIDTH], "f16"],
  attn_output: [[WIDTH, WIDTH], "bf16"],
  ffn_gate: [[INNER, WIDTH], "q8_0"],
  ffn_up: [[INNER, WIDTH], "q4_1"],
  ffn_down: [[WIDTH, INNER], "q6_K"],
};

/** Six bits of noise and small scales: Q6_K is only read, so nothing writes it. */
function noiseInQ6([rows, columns]: readonly [number, number], next: () => number): Uint8Array {
  const bytes = Uint8Array.from({ length: rows * (columns / 256) * 210 }, () => Math.floor(256 * next()));
  for (let block = 0; block < bytes.length; block += 210) {
    bytes.fill(2, block + 192, block + 208);
    bytes.set([0, 0x14], block + 208);
  }
  return bytes;
}

function tinyGguf(): Uint8Array {
  const next = randoms(7);
  const matrix = (name: string, shape: readonly [number, number], format: FormatName): GgufTensor => {
    if (format === "q6_K") return { name, shape, format, bytes: noiseInQ6(shape, next) };
    const values = Float32Array.from({ length: shape[0] * shape[1] }, () => (next() - 0.5) / 3);
    return { name, shape, format, bytes: quantizeWeights(values, shape, format).bytes };
  };
  const gain = (name: string): GgufTensor => {
    const values = Float32Array.from({ length: WIDTH }, () => 0.5 + next());
    return { name, shape: [WIDTH], format: "F32", bytes: new Uint8Array(values.buffer) };
  };
  const layers = Array.from({ length: LAYERS }, (_, i) => [
    gain(`blk.${i}.attn_norm.weight`),
    gain(`blk.${i}.ffn_norm.weight`),
    ...Object.entries(PARTS).map(([part, [shape, format]]) => matrix(`blk.${i}.${part}.weight`, shape, format)),
  ]);
  return writeGguf({ "general.architecture": "llama", "llama.attention.head_count": 4, "llama.attention.head_count_kv": 2 }, [
    matrix("token_embd.weight", [WORDS, WIDTH], "q8_0"),
    gain("output_norm.weight"),
    ...layers.flat(),
  ]);
}

const CONFIG = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  hidden_size: WIDTH,
  intermediate_size: INNER,
  num_hidden_layers: LAYERS,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: WORDS,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
  eos_token_id: 39,
};

const TOKENIZER = {
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab: Object.fromEntries([...LETTERS].map((letter, i) => [letter, i])), merges: [] },
};

const gguf = "tiny.gguf";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tetrad-quantized-"));
  writeFileSync(join(folder, gguf), tinyGguf());
  writeFileSync(join(folder, "config.json"), JSON.stringify(CONFIG));
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(TOKENIZER));
  writeFileSync(join(folder, "tokenizer_config.json"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true }));

const openTiny = (engine: Engine, options: OpenOptions) =>
  openModel(engine, folder, (backbone) => causalLm(backbone, true), { gguf, ...options });

async function logitsOf(engine: Engine, options: OpenOptions): Promise<number[]> {
  const { store, backbone, head, within, tokenizer } = await openTiny(engine, options);
  const sequences = TEXTS.slice(0, 2).map((text) => tokenizer.encode(text).ids);
  const limits = { tokens: sequences.reduce((sum, { length }) => sum + length, 0), sequences: 2 };
  const program = await engine.compileWith(store, batchSpecs(limits), (all, given) => {
    const [params, batch] = [within(all, { training: false }), given as unknown as TokenBatch];
    return head.outputs(params, backbone.states(params, batch, { training: false }), batch, { training: false });
  });
  const { logits } = await program.call(packBatch(sequences, limits, true));
  const found = [...(logits as Float32Array)];
  program.close();
  store.release();
  return found;
}

const adapter = (useDora: boolean) =>
  lora({ r: 4, loraAlpha: 8, useDora, taskType: "CAUSAL_LM", base: folder, targetModules: ["q_proj", "v_proj", "down_proj"] });

const TRAINING = { numTrainEpochs: 5, perDeviceTrainBatchSize: 4, learningRate: 0.01 };

/** Ten steps of an adapter. */
async function finetuned(engine: Engine, options: LmOptions) {
  const model = await openLm(engine, folder, { gguf, ...options });
  const run = await finetuneLm(engine, model, TEXTS, TRAINING);
  return { ...run, share: trainedShare(model.store), after: (await perplexity(engine, model, TEXTS)).perplexity, bytes: model.store.bytes };
}

describe.each(machines.filter(({ name }) => /^(reference|baseline|relaxed f32)/.test(name)))("$name", ({ options }) => {
  test("logits and text are those of widened weights", async () => {
    const engine = await openEngine(options);
    try {
      const [kept, wide] = [await logitsOf(engine, { quantized: true }), await logitsOf(engine, {})];
      expect(largestError(kept, wide)).toBeLessThan(TOLERANCE.f32.values);
      const texts: (readonly number[])[] = [];
      for (const quantized of [true, false]) {
        const generator = await openGenerator(engine, folder, { gguf, context: 40, quantized });
        texts.push((await generate(generator, "abcabcab", { maxNewTokens: 16 })).ids);
      }
      expect(texts[0]).toEqual(texts[1]);
    } finally {
      await engine.close();
    }
  });
});

describe.each(machines.filter(({ name }) => name === "relaxed f32"))("$name", ({ options }) => {
  test.each([false, true])("an adapter is trained on weights that stay quantised as on widened ones, DoRA: %s", async (useDora) => {
    const engine = await openEngine(options);
    try {
      const peft = adapter(useDora);
      const [kept, wide] = [await finetuned(engine, { peft, quantized: true }), await finetuned(engine, { peft })];
      const [first, ...later] = kept.losses.map((loss, i) => Math.abs(loss / (wide.losses[i] as number) - 1));
      expect(kept.losses).toHaveLength(10);
      expect(first).toBeLessThan(TOLERANCE.f32.loss);
      // Adam's first steps divide each gradient by its own size, so that a rounding of one in 1e-5 moves a parameter by as much of its step.
      for (const error of later) expect(error).toBeLessThan(TOLERANCE.f32.curve);
      expect(kept.losses.at(-1)).toBeLessThan((kept.losses[0] as number) - 0.5);
      expect(Math.abs(kept.after / wide.after - 1)).toBeLessThan(10 * TOLERANCE.f32.curve);
      expect(kept.share).toBe(wide.share);
      expect(kept.bytes).toBeLessThan(0.35 * wide.bytes);
    } finally {
      await engine.close();
    }
  });
});

test.each([false, true])("an adapter is trained over layers that multiply whole numbers, DoRA: %s", async (useDora) => {
  const engine = await openEngine({ backend: "wasm" });
  try {
    const peft = adapter(useDora);
    const wide = await finetuned(engine, { peft });
    const apart = ({ losses }: { readonly losses: readonly number[] }) => largestError(losses, wide.losses);
    // Of ten steps the largest difference was 0.002, of GGUF's blocks, whose weights lose nothing, 0.0003.
    const rounded = await finetuned(engine, { peft, quantize: "int8" });
    expect(apart(rounded)).toBeLessThan(5e-3);
    expect(rounded.losses.at(-1)).toBeLessThan((rounded.losses[0] as number) - 0.5);
    expect(Math.abs(rounded.after / wide.after - 1)).toBeLessThan(0.01);
    const integers = await openTiny(engine, { quantized: true, activations: "int8", peft });
    expect(apart(await finetuneLm(engine, integers, TEXTS, TRAINING))).toBeLessThan(1e-3);
  } finally {
    await engine.close();
  }
});

test("formats are the file's; integer activations turn the layers' blocks into panels", async () => {
  const engine = await openEngine({ backend: "reference" });
  const kept = async (options: OpenOptions) => {
    const { store } = await openTiny(engine, options);
    const own = store.layout.flatMap(({ name, stored }) => (stored === undefined ? [] : [[name, `${stored.layout} ${stored.format}`]]));
    return Object.fromEntries(
      own.filter(([name]) => !/layers\.1/.test(name as string)).map(([name, how]) => [(name as string).split(".").at(-2), how]),
    );
  };
  expect(await kept({})).toEqual({});
  const rows = {
    q_proj: "rows q4_1",
    k_proj: "rows q4_0",
    v_proj: "rows f16",
    o_proj: "rows bf16",
    gate_proj: "rows q8_0",
    up_proj: "rows q4_1",
    down_proj: "rows q6_K",
    embed_tokens: "rows q8_0",
  };
  expect(await kept({ quantized: true })).toEqual(rows);
  const panels = { q_proj: "panels q4_1", k_proj: "panels q4_0", gate_proj: "panels q8_0", up_proj: "panels q4_1" };
  expect(await kept({ quantized: true, activations: "int8" })).toEqual({ ...rows, ...panels });
  const layers = Object.fromEntries(
    Object.keys(rows)
      .filter((name) => name !== "embed_tokens")
      .map((name) => [name, "panels int8"]),
  );
  expect(await kept({ quantize: "int8" })).toEqual(layers);
  await engine.close();
});

test("rounded activations and weights leave logits nearly as they were", async () => {
  const engine = await openEngine({ backend: "wasm" });
  const exact = await logitsOf(engine, {});
  for (const options of [{ quantized: true, activations: "int8" }, { quantize: "int8" }] as const) {
    const rounded = await logitsOf(engine, options);
    let [dot, own, other] = [0, 0, 0];
    exact.forEach((x, i) => {
      const y = rounded[i] as number;
      [dot, own, other] = [dot + x * y, own + x * x, other + y * y];
    });
    expect(dot / Math.sqrt(own * other)).toBeGreaterThan(0.998);
    expect(largestError(rounded, exact)).toBeGreaterThan(1e-4);
  }
  await engine.close();
});

test("columns of outliers stay exact, and layers with outliers everywhere get eight bits", async () => {
  const engine = await openEngine({ backend: "reference" });
  const own = mkdtempSync(join(tmpdir(), "tetrad-outliers-"));
  try {
    const plain = await openTiny(engine, {});
    const tensors = new Map(
      plain.store.names.map((name) => [name, { shape: plain.store.shape(name), data: plain.store.get(name) }] as const),
    );
    const [up, gate] = ["up", "gate"].map((part) => tensors.get(`model.layers.0.mlp.${part}_proj.weight`)?.data as Float32Array) as [
      Float32Array,
      Float32Array,
    ];
    for (let row = 0; row < INNER; row++) {
      up[row * WIDTH + 3] = 2;
      gate[row * WIDTH + (row % WIDTH)] = 2;
    }
    writeFileSync(join(own, "model.safetensors"), writeSafetensors(tensors));
    for (const [name, content] of Object.entries({ "config.json": CONFIG, "tokenizer.json": TOKENIZER, "tokenizer_config.json": {} }))
      writeFileSync(join(own, name), JSON.stringify(content));
    const { store } = await openModel(engine, own, (backbone) => causalLm(backbone, true), { quantize: "int8" });
    const kept = store.layout.flatMap(({ name, stored }) => (/\.(up|gate)_proj\.weight$/.test(name) ? [[name.slice(13), stored]] : []));
    expect(Object.fromEntries(kept)).toMatchObject({
      "0.mlp.up_proj.weight": { format: "int8", outliers: 8 },
      "0.mlp.gate_proj.weight": { format: "q8_0" },
      "1.mlp.up_proj.weight": { format: "int8", outliers: 0 },
      "1.mlp.gate_proj.weight": { format: "int8", outliers: 0 },
    });
    expect(store.get("model.layers.0.mlp.up_proj.weight")[3]).toBe(2);
    // A last layer of its own is rounded, too, and widened by the loss over all words.
    const table = tensors.get("model.embed_tokens.weight") as { readonly shape: readonly number[]; readonly data: Float32Array };
    writeFileSync(join(own, "model.safetensors"), writeSafetensors(new Map([...tensors, ["lm_head.weight", table]])));
    writeFileSync(join(own, "config.json"), JSON.stringify({ ...CONFIG, tie_word_embeddings: false }));
    const losses: (readonly number[])[] = [];
    for (const quantize of [undefined, "int8"] as const) {
      const untied = await openLm(engine, own, { quantize, peft: adapter(false) });
      const last = untied.store.layout.find(({ name }) => name === "lm_head.weight");
      expect(last?.stored?.layout).toBe(quantize && "panels");
      losses.push((await finetuneLm(engine, untied, TEXTS, { ...TRAINING, maxSteps: 2 })).losses);
    }
    expect(largestError(losses[1] as readonly number[], losses[0] as readonly number[])).toBeLessThan(5e-3);
    writeFileSync(join(own, "model.safetensors"), writeSafetensors(tensors));
    writeFileSync(join(own, "config.json"), JSON.stringify(CONFIG));
    // Numbers of 32 bits stay what they are.
    const { store: wide } = await openModel(engine, own, (backbone) => causalLm(backbone, true), { quantized: true });
    expect(wide.layout.every(({ stored }) => stored === undefined)).toBe(true);
    await expect(openModel(engine, own, (backbone) => causalLm(backbone, true), { quantized: true, activations: "int8" })).rejects.toThrow(
      /no layer is in blocks that integer products read/,
    );
  } finally {
    rmSync(own, { recursive: true });
    await engine.close();
  }
});

test("a model that is to be trained whole must not stay quantised", async () => {
  const engine = await openEngine({ backend: "wasm" });
  try {
    const whole = await openLm(engine, folder, { gguf, quantized: true });
    await expect(finetuneLm(engine, whole, TEXTS)).rejects.toThrow(/cannot be trained.*peft/);
    const rounded = await openLm(engine, folder, { gguf, quantize: "int8" });
    await expect(finetuneLm(engine, rounded, TEXTS)).rejects.toThrow(/cannot be trained.*peft/);
  } finally {
    await engine.close();
  }
});

test("layers whose weights are (in, out) are not rounded", async () => {
  const engine = await openEngine({ backend: "reference" });
  const own = mkdtempSync(join(tmpdir(), "tetrad-gpt2-"));
  try {
    for (const name of ["config.json", "model.safetensors"]) copyFileSync(sharedPath(`golden/gpt2-tiny/${name}`), join(own, name));
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) copyFileSync(join(folder, name), join(own, name));
    const open = (options: OpenOptions) => openModel(engine, own, (backbone) => causalLm(backbone, true), options);
    await expect(open({ quantize: "int8" })).rejects.toThrow(/\(in, out\) are not rounded.*gpt2/);
    const peft = lora({ taskType: "CAUSAL_LM", base: own });
    await expect(open({ quantize: "int8", peft })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect((await open({ quantized: true })).store.layout.every(({ stored }) => stored === undefined)).toBe(true);
  } finally {
    rmSync(own, { recursive: true });
    await engine.close();
  }
});
