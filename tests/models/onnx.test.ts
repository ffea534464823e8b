// Exported encoders in ONNX Runtime: padded rows of unequal length against transformers' goldens in float64, and against our own packed batches.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JsonObject, readSafetensors, writeSafetensors } from "@tetrad/engine";
import {
  type Backbone,
  backboneOf,
  embed,
  exportOnnx,
  type Head,
  lora,
  matchWeights,
  type OnnxTask,
  openEmbedder,
  openModel,
  questionAnswering,
  readWeights,
  saveAdapter,
  sequenceClassification,
  tokenClassification,
} from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { onnxModel } from "../../packages/language/src/onnx/export.js";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { TOLERANCE, tensors } from "../support/language-golden.js";
import { python } from "../support/python.js";
import {
  ENCODERS,
  goldenConfig,
  HEADS,
  type HeadTask,
  paddedInputs,
  type RandomEncoder,
  randomEncoder,
  type Values,
} from "../support/random-encoders.js";
import { sharedPath } from "../support/shared.js";

const RUN = `
import os, sys
import numpy as np, onnx, onnxruntime
from safetensors.numpy import load_file, save_file
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
for name in sys.argv[1:]:
    path = name + "/model.onnx"
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = {key: value.astype(np.int64) for key, value in load_file(name + "/inputs.safetensors").items()}
    outputs = [each.name for each in session.get_outputs()]
    save_file(dict(zip(outputs, session.run(outputs, {each.name: inputs[each.name] for each in session.get_inputs()}))), name + "/outputs.safetensors")
`;

interface Job {
  readonly bytes: Uint8Array;
  /** Padded inputs, (rows, length) each; those that the model does not have are left out. */
  readonly inputs: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Int32Array }>;
}

type Outputs = ReadonlyMap<string, Values>;

/** What ONNX Runtime makes of models that ONNX's own checker has passed; one process for all. */
function inOnnxRuntime<Name extends string>(jobs: Readonly<Record<Name, Job>>): Readonly<Record<Name, Outputs>> {
  const run = python(["onnx", "onnxruntime", "safetensors"]);
  const folder = temporary();
  const entries = (Object.entries(jobs) as [Name, Job][]).map(([name, job]) => ({
    name,
    job,
    path: join(folder, name.replace(/\W/g, "-")),
  }));
  for (const { job, path } of entries) {
    mkdirSync(path);
    writeFileSync(join(path, "model.onnx"), job.bytes);
    writeFileSync(join(path, "inputs.safetensors"), writeSafetensors(job.inputs));
  }
  run(RUN, ...entries.map(({ path }) => path));
  const read = (path: string) => readSafetensors(readFileSync(join(path, "outputs.safetensors"))).tensors as Outputs;
  return Object.fromEntries(entries.map(({ name, path }) => [name, read(path)])) as Record<Name, Outputs>;
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-onnx-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const states = { name: "feature-extraction", pooling: "mean", normalized: false } as const;

const GOLDENS: Readonly<
  Record<string, { readonly folder: string; readonly inputs?: string; readonly task: OnnxTask; readonly head?: (b: Backbone) => Head }>
> = {
  "bert, states": { folder: "bert-tiny", task: states },
  "bert, classes of texts": {
    folder: "bert-tiny/sequence-classification",
    inputs: "bert-tiny",
    task: { name: "text-classification" },
    head: (backbone) => sequenceClassification(backbone, 5),
  },
  "bert, classes of tokens": {
    folder: "bert-tiny/token-classification",
    inputs: "bert-tiny",
    task: { name: "token-classification" },
    head: (backbone) => tokenClassification(backbone, 7),
  },
  "bert, answers": {
    folder: "bert-tiny/question-answering",
    inputs: "bert-tiny",
    task: { name: "question-answering" },
    head: questionAnswering,
  },
  ...Object.fromEntries(
    ["distilbert-tiny", "roberta-tiny"].flatMap((folder) => [
      [`${folder}, states`, { folder, task: states }],
      [
        `${folder}, classes of texts`,
        { folder, task: { name: "text-classification" }, head: (backbone: Backbone) => sequenceClassification(backbone, 5) },
      ],
    ]),
  ),
};

test("goldens, padding and all", async () => {
  const jobs: Record<string, Job> = {};
  for (const [name, { folder, inputs = folder, task, head }] of Object.entries(GOLDENS)) {
    const config = goldenConfig(folder);
    const backbone = backboneOf(config);
    const file = await readWeights(sharedPath(`golden/${folder}`));
    const params = { ...backbone.params, ...head?.(backbone).params };
    const { found } = matchWeights(backbone, params, file, { freshHead: false });
    const model = onnxModel({ backbone, config }, task, (parameter) => {
      const { shape, data } = file.read(found.get(parameter) as string);
      return { shape, data: data as Float32Array };
    });
    expect(model.inputs).toEqual(["input_ids", "attention_mask", ...(backbone.modelType === "bert" ? ["token_type_ids"] : [])]);
    jobs[name] = { bytes: model.bytes, inputs: paddedInputs(inputs) };
  }
  const results = inOnnxRuntime(jobs);
  for (const [name, { folder, inputs = folder, task }] of Object.entries(GOLDENS)) {
    const wanted = tensors(`golden/${folder}/expected.safetensors`);
    for (const [output, got] of results[name] as Outputs) {
      const want = output === "sentence_embedding" ? meanStates(inputs) : wanted.get(output);
      expect(want, `${name}: ${output}`).toBeDefined();
      expect(got.shape, name).toEqual(want?.shape);
      expect(largestError(got.data, want?.data as ArrayLike<number>), `${name}: ${output}`).toBeLessThan(TOLERANCE.f32.values);
    }
    expect([...(results[name] as Outputs).keys()].sort()).toEqual(OUTPUTS[task.name]);
  }
});

const OUTPUTS: Readonly<Record<OnnxTask["name"], readonly string[]>> = {
  "feature-extraction": ["last_hidden_state", "sentence_embedding"],
  "question-answering": ["end_logits", "start_logits"],
  "text-classification": ["logits"],
  "token-classification": ["logits"],
};

/** Means of a golden's states over the tokens that are real. */
function meanStates(folder: string) {
  const { data, shape } = tensors(`golden/${folder}/expected.safetensors`).get("last_hidden_state") as Values;
  const [rows, length, width] = shape as [number, number, number];
  const mask = (paddedInputs(folder).get("attention_mask") as { data: Int32Array }).data;
  const means = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    const own = mask.subarray(r * length, (r + 1) * length);
    const count = own.reduce((n, x) => n + x, 0);
    own.forEach((counts, t) => {
      for (let c = 0; c < width; c++)
        means[r * width + c] = (means[r * width + c] as number) + (counts * (data[(r * length + t) * width + c] as number)) / count;
    });
  }
  return { data: means, shape: [rows, width] };
}

const ACTIVATIONS = ["gelu_python", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh"];

test("our own logits, of every model, head and activation", async () => {
  const engine = await openEngine({ backend: "wasm" });
  const jobs: Record<string, Job> = {};
  const own: Record<string, RandomEncoder> = {};
  const add = async (name: string, folder: string, task: HeadTask, changes: JsonObject = {}) => {
    const encoder = await randomEncoder(engine, folder, task, changes);
    const { store } = encoder;
    const read = (parameter: string) => ({ shape: store.shape(parameter), data: Float32Array.from(store.get(parameter)) });
    own[name] = encoder;
    jobs[name] = { bytes: onnxModel(encoder, { name: task }, read).bytes, inputs: paddedInputs(folder) };
  };
  try {
    for (const folder of ENCODERS) for (const task of Object.keys(HEADS) as HeadTask[]) await add(`${folder}, ${task}`, folder, task);
    for (const activation of ACTIVATIONS) await add(activation, "bert-tiny", "text-classification", { hidden_act: activation });
  } finally {
    await engine.close();
  }
  const results = inOnnxRuntime(jobs);
  for (const [name, { outputs, rowsOf }] of Object.entries(own)) {
    for (const [output, wanted] of Object.entries(outputs)) {
      const got = rowsOf((results[name] as Outputs).get(output) as Values);
      expect(largestError(got, wanted), `${name}: ${output}`).toBeLessThan(TOLERANCE.f32.values);
    }
  }
});

test("MiniLM's embeddings, and those of an adapter that is merged", async () => {
  const folder = sharedPath("models/all-MiniLM-L6-v2");
  const golden = JSON.parse(readFileSync(`${folder}/golden.json`, "utf8")) as {
    readonly sentences: readonly string[];
    readonly embeddings: readonly (readonly number[])[];
  };
  // The last is longer than the model reads.
  const [sentences, embeddings] = [golden.sentences.slice(0, -1), golden.embeddings.slice(0, -1)];
  const engine = await openEngine({ backend: "wasm" });
  try {
    const adapter = temporary();
    await saveNewAdapter(adapter);
    const adapted = await openEmbedder(engine, adapter);
    const { vectors } = await embed(engine, adapted, sentences);
    const rows = sentences.map((text) => adapted.model.tokenizer.encode(text).ids);
    const length = Math.max(...rows.map((row) => row.length));
    expect(new Set(rows.map((row) => row.length)).size).toBeGreaterThan(1);
    const padded = (of: (id: number | undefined) => number) => ({
      shape: [rows.length, length],
      data: Int32Array.from(rows.flatMap((row) => Array.from({ length }, (_, i) => of(row[i])))),
    });
    const inputs = new Map([
      ["input_ids", padded((id) => id ?? 0)],
      ["attention_mask", padded((id) => (id === undefined ? 0 : 1))],
      ["token_type_ids", padded(() => 0)],
    ]);
    const [plain, merged] = [await exportOnnx(engine, folder), await exportOnnx(engine, adapter)];
    expect(plain.task).toEqual({ name: "feature-extraction", pooling: "mean", normalized: true });
    const results = inOnnxRuntime({ plain: { bytes: plain.bytes, inputs }, merged: { bytes: merged.bytes, inputs } });
    const of = (name: "plain" | "merged") => (results[name].get("sentence_embedding") as Values).data;
    // As our own: tests/models/embed.test.ts.
    embeddings.flat().forEach((value, i) => expect(Math.abs((of("plain")[i] as number) - value)).toBeLessThan(3e-6));
    expect(largestError(of("merged"), vectors)).toBeLessThan(TOLERANCE.f32.values);
    expect(largestError(of("merged"), of("plain"))).toBeGreaterThan(0.01);
  } finally {
    await engine.close();
  }

  async function saveNewAdapter(path: string): Promise<void> {
    const peft = lora({ taskType: "FEATURE_EXTRACTION", base: folder, r: 4, loraAlpha: 8, targetModules: ["query", "value"] });
    const { store, adapted } = await openModel(engine, folder, () => ({ architecture: "", params: {}, outputs: () => ({}) }), { peft });
    const method = (adapted as NonNullable<typeof adapted>).method;
    for (const name of Object.keys(method.params))
      store.set(
        name,
        store.get(name).map((x, i) => x + 0.02 * Math.sin(i)),
      );
    await saveAdapter(store, method, path);
  }
});

test("what is no encoder is refused before its weights are read", async () => {
  const engine = await openEngine({ backend: "wasm" });
  try {
    await expect(exportOnnx(engine, sharedPath("models/SmolLM2-135M-Instruct"))).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/only encoders are exported to ONNX.*llama.*bert, distilbert, roberta/),
    });
    await expect(exportOnnx(engine, sharedPath("golden/t5-tiny"))).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(exportOnnx(engine, "nowhere")).rejects.toMatchObject({ code: "IO" });
  } finally {
    await engine.close();
  }
});
