// Language models against transformers: hidden states, logits, losses, every gradient, and ten steps of AdamW, packed where Python pads.
import { readFileSync } from "node:fs";
import { adamw, crossEntropy, type Engine, type EngineOptions, gradients, type JsonObject, mean, mul, type Tensor } from "@tetrad/engine";
import {
  type Backbone,
  backboneOf,
  causalLm,
  type Head,
  maskedLm,
  matchWeights,
  type Params,
  questionAnswering,
  readWeights,
  type States,
  sequenceClassification,
  tokenClassification,
} from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { readSafetensors } from "../../packages/engine/src/io/safetensors.js";
import { add, reshape } from "../../packages/engine/src/ops/index.js";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { sharedPath } from "../support/shared.js";

type Batch = Record<string, Int32Array | Uint8Array>;
type Loss = (outputs: Readonly<Record<string, Tensor>>, inputs: Record<string, Tensor>) => Tensor;

interface Task {
  /** Folder below ../shared/golden */
  readonly folder: string;
  /** Where inputs and the encoder's values are, if elsewhere */
  readonly base?: string;
  /** Everything is padded: the loss depends on padding. */
  readonly padded?: boolean;
  readonly head: (backbone: Backbone) => Head;
  /** Name of the labels among the inputs, and whether they are one a token; `next`: each token's is its successor's. */
  readonly labels: { readonly name: string; readonly per: "sequence" | "token" | "next" };
  readonly loss?: Loss;
  readonly lossOf?: (head: Head, params: Params, states: States, labels: Tensor) => Tensor;
}

const classes: Loss = ({ logits }, { labels }) => crossEntropy(logits as Tensor, labels as Tensor);
const [ROWS, LENGTH] = [3, 11];
const spans: Loss = ({ start, end }, { labels, ends }) => {
  const rows = (x: Tensor) => reshape(x, [ROWS, LENGTH]);
  return mul(add(crossEntropy(rows(start as Tensor), labels as Tensor), crossEntropy(rows(end as Tensor), ends as Tensor)), 0.5);
};
const next = {
  labels: { name: "labels", per: "next" },
  lossOf: (head: Head, params: Params, states: States, labels: Tensor) =>
    (head as ReturnType<typeof causalLm>).loss(params, states, labels),
} as const;

const tasks: Readonly<Record<string, Task>> = {
  "bert, sequence classification": {
    folder: "bert-tiny/sequence-classification",
    base: "bert-tiny",
    head: (backbone) => sequenceClassification(backbone, 5),
    labels: { name: "sequence_labels", per: "sequence" },
    loss: classes,
  },
  "bert, token classification": {
    folder: "bert-tiny/token-classification",
    base: "bert-tiny",
    head: (backbone) => tokenClassification(backbone, 7),
    labels: { name: "token_labels", per: "token" },
    loss: classes,
  },
  "bert, question answering": {
    folder: "bert-tiny/question-answering",
    base: "bert-tiny",
    padded: true,
    head: questionAnswering,
    labels: { name: "start_positions", per: "sequence" },
    loss: spans,
  },
  "bert, masked words": {
    folder: "bert-tiny/masked-lm",
    base: "bert-tiny",
    head: maskedLm,
    labels: { name: "mlm_labels", per: "token" },
    loss: classes,
  },
  roberta: {
    folder: "roberta-tiny",
    head: (backbone) => sequenceClassification(backbone, 5),
    labels: { name: "labels", per: "sequence" },
    loss: classes,
  },
  distilbert: {
    folder: "distilbert-tiny",
    head: (backbone) => sequenceClassification(backbone, 5),
    labels: { name: "labels", per: "sequence" },
    loss: classes,
  },
  gpt2: { folder: "gpt2-tiny", head: (backbone) => causalLm(backbone, true), ...next },
  llama: { folder: "llama-tiny", head: (backbone) => causalLm(backbone, false), ...next },
};

interface MachineCase {
  readonly name: string;
  readonly options: EngineOptions;
  readonly dtype: "f32" | "f64";
}
const machines: readonly MachineCase[] = [
  { name: "reference f64", options: { backend: "reference" }, dtype: "f64" },
  { name: "relaxed f64", options: { backend: "wasm", build: "relaxed" }, dtype: "f64" },
  { name: "relaxed f32", options: { backend: "wasm", build: "relaxed" }, dtype: "f32" },
  { name: "baseline f32", options: { backend: "wasm", build: "baseline" }, dtype: "f32" },
  { name: "webgpu f32", options: { backend: "webgpu" }, dtype: "f32" },
];
// The goldens' own rule: README of ../shared/golden.
const TOLERANCE = {
  f64: { values: 1e-12, gradients: 1e-11, loss: 1e-12, curve: 1e-9 },
  f32: { values: 1e-5, gradients: 2e-5, loss: 3e-6, curve: 2e-5 },
} as const;

const tensors = (path: string) => readSafetensors(readFileSync(sharedPath(path))).tensors;

/** Real tokens of padded rows end to end, or, with `padded`, all of them and a mask. */
function pack({ folder, base = folder, padded = false, labels }: Task, causal: boolean) {
  const inputs = tensors(`golden/${base}/inputs.safetensors`);
  const of = (name: string) => (inputs.get(name) as { data: Int32Array } | undefined)?.data;
  const [rows, length] = (inputs.get("input_ids") as { shape: readonly number[] }).shape as [number, number];
  const mask = of("attention_mask") as Int32Array;
  const lengths = Array.from({ length: rows }, (_, r) => mask.subarray(r * length, (r + 1) * length).reduce((n, x) => n + x, 0));
  const kept = Array.from({ length: rows * length }, (_, i) => i).filter((i) => padded || mask[i] === 1);
  const starts = [0];
  for (const n of lengths) starts.push((starts.at(-1) as number) + (padded ? length : n));
  const pick = (data: Int32Array) => Int32Array.from(kept, (i) => data[i] as number);
  const batch: Batch = {
    ids: pick(of("input_ids") as Int32Array),
    positions: Int32Array.from(kept, (i) => i % length),
    cuSeqlens: Int32Array.from(starts),
    chosen: Int32Array.from(lengths, (n, r) => (starts[r] as number) + (causal ? n - 1 : 0)),
  };
  const types = of("token_type_ids");
  if (types !== undefined) batch["types"] = pick(types);
  if (padded) batch["keyMask"] = Uint8Array.from(mask);
  const given = of(labels.name) as Int32Array;
  batch["labels"] = labels.per === "sequence" ? given : pick(given);
  if (labels.per === "next") {
    const own = batch["labels"] as Int32Array;
    batch["labels"] = own.map((_, i) => (starts.includes(i + 1) ? -100 : (own[i + 1] as number)));
  }
  const ends = of("end_positions");
  if (ends !== undefined && padded) batch["ends"] = ends;
  return { batch, kept };
}

async function open(engine: Engine, task: Task, dtype: "f32" | "f64") {
  const folder = sharedPath(`golden/${task.folder}`);
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject;
  const backbone = backboneOf(config);
  const head = task.head(backbone);
  const params = { ...backbone.params, ...head.params };
  const file = await readWeights(folder);
  const { found, fresh } = matchWeights(backbone, params, file, { freshHead: false });
  expect(fresh).toEqual([]);
  const store = engine.store(params, { dtype });
  for (const [name, tensor] of found) store.set(name, file.read(tensor).data);
  const { batch, kept } = pack(task, backbone.causal);
  const specs = Object.fromEntries(
    Object.entries(batch).map(([name, data]) => [
      name,
      { shape: [data.length], dtype: data instanceof Int32Array ? "i32" : "bool" } as const,
    ]),
  );
  const run = (weights: Params, inputs: Record<string, Tensor>) => {
    const tokens = inputs as unknown as Parameters<Backbone["states"]>[1];
    const states = backbone.states(weights, tokens, { training: false });
    const outputs = head.outputs(weights, states, tokens, { training: false });
    const labels = inputs["labels"] as Tensor;
    const loss = task.lossOf?.(head, weights, states, labels) ?? (task.loss as Loss)(outputs, inputs);
    return { states, outputs, loss };
  };
  return { backbone, store, batch, kept, specs, run, folder };
}

/** Rows of a (rows, length, …) golden that are real tokens. */
function rowsOf(values: ArrayLike<number>, kept: readonly number[], width: number): number[] {
  return kept.flatMap((i) => Array.from({ length: width }, (_, c) => values[i * width + c] as number));
}

describe.each(machines)("$name", ({ options, dtype }) => {
  const limits = TOLERANCE[dtype];

  test.each(Object.entries(tasks))("%s: states, logits, loss and every gradient", async (_, task) => {
    const engine = await openEngine(options);
    try {
      const { backbone, store, batch, kept, specs, run, folder } = await open(engine, task, dtype);
      const program = await engine.compileWith(store, specs, (weights, inputs) => {
        const { states, outputs, loss } = run(weights, inputs);
        const slopes = gradients(
          loss,
          store.names.map((name) => weights[name] as Tensor),
        );
        return {
          ...Object.fromEntries(states.hidden.map((state, i) => [`hidden_states.${i}`, state])),
          ...Object.fromEntries(
            Object.entries(outputs).map(([name, value]) => [name === "start" || name === "end" ? `${name}_logits` : name, value]),
          ),
          loss,
          ...Object.fromEntries(store.names.map((name, i) => [`grad.${name}`, slopes[i] as Tensor])),
        };
      });
      const results = await program.call(batch);
      const wanted = new Map([
        ...tensors(`golden/${task.base ?? task.folder}/expected.safetensors`),
        ...tensors(`golden/${task.folder}/expected.safetensors`),
      ]);
      const zeros: string[] = [];
      let compared = 0;
      for (const [name, got] of Object.entries(results)) {
        const want = wanted.get(name);
        expect(want, `${name} of ${folder}`).toBeDefined();
        const { data, shape } = want as { data: ArrayLike<number>; shape: readonly number[] };
        compared += 1;
        if (name === "loss") expect(Math.abs((got[0] as number) / (data[0] as number) - 1), name).toBeLessThan(limits.loss);
        else if (name.startsWith("grad.")) {
          if (Math.max(...Array.from(data, Math.abs)) < 1e-9) {
            zeros.push(name);
            expect(Math.max(...Array.from(got, Math.abs)), name).toBeLessThan(1e-6);
          } else expect(largestError(got, data), name).toBeLessThan(limits.gradients);
        } else {
          const perToken = name !== "logits" || shape.length === 3;
          const width = perToken ? shape.slice(2).reduce((n, extent) => n * extent, 1) : 0;
          expect(largestError(got, perToken ? rowsOf(data, kept, width) : data), name).toBeLessThan(limits.values);
        }
      }
      expect(compared).toBeGreaterThan(Object.keys(backbone.params).length + 4);
      expect(zeros.length).toBeLessThan(8);
    } finally {
      await engine.close();
    }
  });
});

describe.each(machines.filter(({ name }) => name !== "reference f64"))("$name", ({ options, dtype }) => {
  test.each(["bert, sequence classification", "bert, token classification", "gpt2", "llama"])("%s: ten steps of AdamW", async (name) => {
    const task = tasks[name] as Task;
    const engine = await openEngine(options);
    try {
      const { store, batch, specs, run } = await open(engine, task, dtype);
      const wanted = tensors(`golden/${task.folder}/expected.safetensors`);
      const curve = (wanted.get("train.loss") as { data: ArrayLike<number> }).data;
      const lr = (step: number) => (step < 3 ? (1e-3 * step) / 3 : (1e-3 * (10 - step)) / 7);
      const decays = (param: string) => !/bias$|LayerNorm|ln_|norm/.test(param);
      const optimizer = adamw({ lr, weightDecay: 0.01, clipNorm: 1, decays });
      const program = await engine.compile(store, specs, (weights, inputs) => run(weights, inputs).loss, { optimizer });
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) losses.push((await program.step(batch)).loss);
      await store.pull();
      const after = await engine.compileWith(store, specs, (weights, inputs) => mean(run(weights, inputs).loss));
      losses.push((await after.call(batch))["output"]?.[0] as number);
      losses.forEach((loss, i) =>
        expect(Math.abs(loss / (curve[i] as number) - 1), `loss ${i}`).toBeLessThan(dtype === "f64" ? 1e-9 : 7e-6),
      );
      for (const [key, { data }] of wanted) {
        if (key.startsWith("final."))
          expect(largestError(store.get(key.slice(6)), data as ArrayLike<number>), key).toBeLessThan(TOLERANCE[dtype].curve);
      }
    } finally {
      await engine.close();
    }
  });
});
