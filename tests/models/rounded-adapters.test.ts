// Adapters over layers that multiply int8: they learn nearly what they learn over exact ones, are written as always, and merge into the file's own weights.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { columnIndex, type EngineOptions, readTable } from "@tetrad/engine";
import {
  bottleneck,
  type ClassifyRun,
  classify,
  finetuneClassifier,
  finetuneEmbedder,
  ia3,
  lora,
  type MakeMethod,
  mergedModel,
  openClassifier,
  prefixTuning,
  promptTuning,
  saveClassifier,
} from "@tetrad/language";
import { expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { describeShared, sharedPath } from "../support/shared.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

const TEXTS = ["the card is stuck", "what is a euro worth", "a stuck card", "is a euro a card?"];
const ROWS = TEXTS.map((text, i) => ({ text, label: ["card", "rate"][i % 2] as string }));

type Outputs = Pick<ClassifyRun, "model" | "labels" | "maxTokens">;

const panelsIn = ({ model }: Outputs) => model.store.layout.flatMap(({ name, stored }) => (stored?.layout === "panels" ? [name] : []));
const fall = ({ losses }: ClassifyRun) => (losses.at(-1) as number) / (losses[0] as number);
/** How far the losses of one run are from those of another, at most, in parts of them */
const apart = (one: ClassifyRun, other: ClassifyRun) =>
  Math.max(...one.losses.map((loss, i) => Math.abs(loss / (other.losses[i] as number) - 1)));

describeShared("MiniLM", "models/all-MiniLM-L6-v2", (base) => {
  test("LoRA learns questions to a bank over int8 as over float32", async () => {
    const engine = await openEngine({ backend: "wasm" });
    try {
      const path = sharedPath("data/intent-banking77/train.csv");
      const table = readTable(readFileSync(path), path);
      const [text, label] = [columnIndex(table, "text"), columnIndex(table, "category")];
      const all = table.rows.map((row) => ({ text: row[text] as string, label: row[label] as string }));
      const labels = [...new Set(all.map((row) => row.label))].slice(0, 4);
      const rows = all.filter((row) => labels.includes(row.label)).filter((_, i) => i % 12 === 0);
      const probabilities = async (model: Outputs) =>
        (
          await classify(
            engine,
            model,
            rows.slice(0, 16).map((row) => row.text),
          )
        ).flatMap((one) => [...one.probabilities]);

      const peft = lora({ taskType: "SEQ_CLS", base, r: 8, loraAlpha: 16, modulesToSave: ["classifier"] });
      const options = { peft, maxSteps: 20, perDeviceTrainBatchSize: 8, learningRate: 5e-3, maxTokens: 32 };
      const exact = await finetuneClassifier(engine, base, rows, options);
      const rounded = await finetuneClassifier(engine, base, rows, { ...options, quantize: "int8" });
      // Six layers of queries, keys, values, the layer behind attention and two of the feed-forward part, and the pooler
      expect(panelsIn(rounded)).toHaveLength(6 * 6 + 1);
      expect(rounded.model.store.bytes).toBeLessThan(0.7 * exact.model.store.bytes);
      expect(fall(rounded)).toBeLessThan(0.7);
      // Rounding turns a text's vector by 0.075 (embed.test.ts: 1 − cos is 0.0028), which a loss whose slope is about a half halves and a mean over eight texts
      // brings down to 0.013 of a loss near one. The largest of 20 steps was 0.0065, 0.0051 and 0.0098 with three seeds.
      expect(apart(rounded, exact)).toBeLessThan(0.02);
      expect(apart(rounded, exact)).toBeGreaterThan(1e-5);

      const folder = scratch();
      await saveClassifier(rounded, join(folder, "adapter"));
      const opened = await openClassifier(engine, join(folder, "adapter"));
      expect(panelsIn(opened)).toEqual([]);
      const own = await probabilities(opened);
      // The same adapter over exact layers: other probabilities, but hardly.
      const seen = await probabilities(rounded);
      expect(largestError(seen, own)).toBeLessThan(0.05);
      expect(largestError(seen, own)).toBeGreaterThan(1e-4);

      const plain = { ...rounded, model: await mergedModel(engine, rounded.model) };
      expect(panelsIn(plain)).toEqual([]);
      for (const name of ["encoder.layer.0.attention.self.key", "encoder.layer.5.output.dense"].map((layer) => `bert.${layer}.weight`))
        expect(plain.model.store.get(name)).toEqual(exact.model.store.get(name));
      await saveClassifier(plain, join(folder, "merged"));
      expect(largestError(await probabilities(await openClassifier(engine, join(folder, "merged"))), own)).toBeLessThan(1e-5);
    } finally {
      await engine.close();
    }
  });
});

const TINY = { numTrainEpochs: 10, perDeviceTrainBatchSize: 2, learningRate: 1e-2 };
const HEAD = { taskType: "SEQ_CLS", modulesToSave: ["classifier", "score"] } as const;
const METHODS: Readonly<Record<string, (base: string) => MakeMethod>> = {
  lora: (base) => lora({ ...HEAD, base, r: 4 }),
  "lora of all layers": (base) => lora({ ...HEAD, base, r: 4, targetModules: "all-linear", loraDropout: 0.1 }),
  dora: (base) => lora({ ...HEAD, base, r: 4, useDora: true }),
  ia3: (base) => ia3({ ...HEAD, base }),
  bottleneck: (base) => bottleneck({ ...HEAD, base, reductionFactor: 4 }),
  prefix: (base) => prefixTuning({ ...HEAD, base, numVirtualTokens: 3 }),
  prompt: (base) => promptTuning({ ...HEAD, base, numVirtualTokens: 3 }),
};

test.each(Object.entries(METHODS))("rounded layers under an adapter: %s", async (_, method) => {
  const engine = await openEngine({ backend: "wasm", threads: 1 });
  try {
    const base = await tinyBert(join(scratch(), "base"));
    const training = { ...TINY, peft: method(base) };
    const exact = await finetuneClassifier(engine, base, ROWS, training);
    const rounded = await finetuneClassifier(engine, base, ROWS, { ...training, quantize: "int8" });
    expect(panelsIn(rounded).length).toBeGreaterThan(0);
    expect(fall(rounded)).toBeLessThan(0.05);
    // Two layers of random numbers 32 wide: rounding moves losses of about 1.4 by 0.11 at most, early, and by 0.007 in the end.
    rounded.losses.forEach((loss, i) => expect(Math.abs(loss - (exact.losses[i] as number))).toBeLessThan(0.2));
  } finally {
    await engine.close();
  }
});

test("baseline and WebGPU learn what relaxed learns", async () => {
  const losses: (readonly number[])[] = [];
  const machines: readonly EngineOptions[] = [
    { backend: "wasm", build: "relaxed" },
    { backend: "wasm", build: "baseline", threads: 2 },
    { backend: "webgpu" },
  ];
  const base = await tinyBert(join(scratch(), "base"));
  for (const options of machines) {
    const engine = await openEngine(options);
    try {
      const run = await finetuneClassifier(engine, base, ROWS, { ...TINY, maxSteps: 6, peft: METHODS["lora"]?.(base), quantize: "int8" });
      losses.push(run.losses);
    } finally {
      await engine.close();
    }
  }
  const [relaxed, ...others] = losses as [readonly number[]];
  // A number between two steps may be rounded to the other one; of 32 numbers a row, to 127 steps, one is 0.004 of a row.
  for (const other of others) expect(largestError(other, relaxed)).toBeLessThan(0.01);
});

test("what cannot be rounded, and word embeddings that are moved", async () => {
  const engine = await openEngine({ backend: "wasm", threads: 1 });
  try {
    const base = await tinyBert(join(scratch(), "base"));
    await expect(finetuneClassifier(engine, base, ROWS, { quantize: "int8" })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/cannot be trained.*peft/),
    });
    const pairs = TEXTS.map((first) => ({ first, second: first.split(" ").reverse().join(" ") }));
    const peft = lora({ taskType: "FEATURE_EXTRACTION", base, r: 2 });
    const adversarial = { method: "fgm", epsilon: 0.5 } as const;
    const run = await finetuneEmbedder(engine, base, pairs, { peft, quantize: "int8", adversarial, maxSteps: 8, learningRate: 1e-2 });
    expect(run.model.store.layout.filter(({ stored }) => stored !== undefined)).toHaveLength(2 * 6);
    expect(run.losses.at(-1)).toBeLessThan(run.losses[0] as number);
  } finally {
    await engine.close();
  }
});
