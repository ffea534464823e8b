// Language models against transformers: hidden states, logits, losses, every gradient, and ten steps of AdamW, packed where Python pads.
import { readFileSync } from "node:fs";
import { adamw, crossEntropy, type Engine, gradients, type JsonObject, mean, mul, type Tensor } from "@tetrad/engine";
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
import { add, reshape } from "../../packages/engine/src/ops/index.js";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { type GoldenInputs, machines, pack, rowsOf, specsOf, TOLERANCE, tensors } from "../support/language-golden.js";
import { sharedPath } from "../support/shared.js";

type Loss = (outputs: Readonly<Record<string, Tensor>>, inputs: Record<string, Tensor>) => Tensor;

interface Task extends GoldenInputs {
  readonly head: (backbone: Backbone) => Head;
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

const perSequence = (name: string) => ({ labels: { name, per: "sequence" }, loss: classes }) as const;
const perToken = (name: string) => ({ labels: { name, per: "token" }, loss: classes }) as const;
const five = { head: (backbone: Backbone) => sequenceClassification(backbone, 5) };

const tasks: Readonly<Record<string, Task>> = {
  "bert, sequence classification": {
    folder: "bert-tiny/sequence-classification",
    base: "bert-tiny",
    ...five,
    ...perSequence("sequence_labels"),
  },
  "bert, token classification": {
    folder: "bert-tiny/token-classification",
    base: "bert-tiny",
    head: (backbone) => tokenClassification(backbone, 7),
    ...perToken("token_labels"),
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
    ...perToken("mlm_labels"),
  },
  roberta: { folder: "roberta-tiny", ...five, ...perSequence("labels") },
  distilbert: { folder: "distilbert-tiny", ...five, ...perSequence("labels") },
  gpt2: { folder: "gpt2-tiny", head: (backbone) => causalLm(backbone, true), ...next },
  llama: { folder: "llama-tiny", head: (backbone) => causalLm(backbone, false), ...next },
};

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
  const specs = specsOf(batch);
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
  const names = ["bert, sequence classification", "llama", "bert, token classification", "gpt2"];
  // A software adapter takes 8 to 18 seconds each, most of it to compile shaders.
  test.each(options.backend === "webgpu" ? names.slice(0, 2) : names)("%s: ten steps of AdamW", async (name) => {
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
