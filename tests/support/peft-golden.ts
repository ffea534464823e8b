// Goldens of adapters: a folder of Python's peft on its base model, with the golden's inputs packed, and what must come of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  adamw,
  crossEntropy,
  type Engine,
  gradients,
  type InputSpecs,
  type JsonObject,
  type ParamSpecs,
  type Store,
  type Tensor,
} from "@tetrad/engine";
import {
  type Adapted,
  type AdapterFolder,
  adapt,
  type Backbone,
  backboneOf,
  batchSpecs,
  causalLm,
  type Head,
  loadAdapter,
  matchWeights,
  type Params,
  packBatch,
  readAdapter,
  readWeights,
  sequenceClassification,
  type TokenBatch,
  trainedNames,
} from "@tetrad/language";
import { expect } from "vitest";
import { readSafetensors } from "../../packages/engine/src/io/safetensors.js";
import { largestError } from "./error.js";
import { type Batch, type GoldenInputs, pack, rowsOf, specsOf } from "./language-golden.js";
import { root } from "./root.js";
import { sharedPath } from "./shared.js";

const BERT: GoldenInputs = {
  folder: "bert-tiny/sequence-classification",
  base: "bert-tiny",
  labels: { name: "sequence_labels", per: "sequence" },
};
const LLAMA: GoldenInputs = { folder: "llama-tiny", labels: { name: "labels", per: "next" } };
const evaluation = { training: false };

export interface AdapterGolden {
  readonly adapter: AdapterFolder;
  readonly adapted: Adapted;
  readonly head: Head;
  readonly store: Store;
  /** Parameters of the base model with its head */
  readonly plain: ParamSpecs;
  readonly batch: Batch;
  readonly specs: InputSpecs;
  readonly expected: ReturnType<typeof readSafetensors>["tensors"];
  run(params: Params, given: Record<string, Tensor>, withAdapter?: boolean): { readonly logits: Tensor; readonly loss: Tensor };
  /** The golden's logits of tokens that are there */
  logitsOf(name: string): ArrayLike<number>;
}

/** Adapters of Python's `adapters`, computed for Tetrad; all others are peft's */
const placeOf = (name: string) =>
  /-(pfeiffer|houlsby)$/.test(name) ? join(root, "tests/goldens/bottleneck", name) : sharedPath(`golden/peft/${name}`);

/** @param name `bert-lora`: a folder of ../shared/golden/peft; `bert-houlsby`: of tests/goldens/bottleneck */
export async function openGolden(
  engine: Engine,
  name: string,
  dtype: "f32" | "f64",
  states: (backbone: Backbone) => ParamSpecs = () => ({}),
): Promise<AdapterGolden> {
  const inputs = name.startsWith("bert") ? BERT : LLAMA;
  const folder = sharedPath(`golden/${inputs.folder}`);
  const backbone = backboneOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
  const classifier = sequenceClassification(backbone, 5);
  const lm = backbone.causal ? causalLm(backbone, false) : undefined;
  const head = lm ?? classifier;
  const adapter = await readAdapter(placeOf(name));
  const adapted = adapt(backbone, head, adapter.method);
  const file = await readWeights(folder);
  const plain = { ...backbone.params, ...head.params };
  const { found } = matchWeights(backbone, plain, file, { freshHead: false });
  const store = engine.store({ ...adapted.params, ...states(adapted.backbone) }, { dtype });
  for (const [param, tensor] of found) store.set(param, file.read(tensor).data);
  loadAdapter(store, adapter, name);
  const packed = pack(inputs, backbone.causal);
  const { batch, kept, words } = behind(packed, adapted, inputs);
  const run: AdapterGolden["run"] = (params, given, withAdapter = true) => {
    const weights = withAdapter ? adapted.within(params, evaluation) : params;
    const tokens = given as unknown as TokenBatch;
    const states = backbone.states(weights, tokens, evaluation);
    const { logits } = head.outputs(weights, states, tokens, evaluation);
    const labels = given["labels"] as Tensor;
    return { logits: logits as Tensor, loss: lm?.loss(weights, states, labels) ?? crossEntropy(logits as Tensor, labels) };
  };
  const expected = readSafetensors(readFileSync(join(placeOf(name), "expected.safetensors"))).tensors;
  const logitsOf = (key: string) => {
    const { data, shape } = expected.get(key) as { data: Float64Array; shape: readonly number[] };
    return shape.length === 3 ? rowsOf(data, kept((shape[1] as number) - words), shape[2] as number) : data;
  };
  return { adapter, adapted, head, store, plain, batch, specs: boundedSpecs(batch, adapted), expected, run, logitsOf };
}

/** Where something stands before each sequence, axes are bounded as tasks have them, with room that the batch does not need. */
export function boundedSpecs(batch: Batch, { method, backbone }: Adapted): InputSpecs {
  if (method.virtual === undefined) return specsOf(batch);
  const [tokens, sequences] = [batch["ids"]?.length as number, batch["chosen"]?.length as number];
  const own = batchSpecs({ tokens: tokens + 5, sequences, virtualKeys: backbone.virtualKeys });
  const like = (name: string) => (batch[name]?.length === tokens ? own.ids : own.chosen);
  return { ...own, labels: like("labels"), ...(batch["types"] !== undefined && { types: own.ids }) };
}

/** A batch with the virtual tokens of an adapter before each sequence, as tasks lay them out. */
export function behind({ batch, kept }: ReturnType<typeof pack>, { method, backbone }: Adapted, { labels: { per } }: GoldenInputs) {
  const { virtual } = method;
  const words = virtual?.as === "words" ? virtual.tokens : 0;
  const starts = [...(batch["cuSeqlens"] as Int32Array)];
  const ends = starts.slice(1);
  const each = (name: string, before: (first: number) => number[]) =>
    ends.map((end, s) => [...before(starts[s] as number), ...(batch[name] as Int32Array).subarray(starts[s], end)]);
  const ids = each("ids", () => Array.from({ length: words }, (_, i) => -1 - i));
  const limits = { tokens: 0, sequences: ends.length, virtualKeys: backbone.virtualKeys };
  const laid: Batch = { ...batch, ...packBatch(ids, limits, backbone.causal) };
  if (batch["types"] !== undefined) laid["types"] = Int32Array.from(each("types", () => new Array(words).fill(0)).flat());
  if (per === "next") {
    const first = (start: number) => [
      ...new Array(Math.max(0, words - 1)).fill(-100),
      ...(words > 0 ? [batch["ids"]?.[start] as number] : []),
    ];
    laid["labels"] = Int32Array.from(each("labels", first).flat());
  }
  return {
    words,
    batch: laid,
    /** Rows of logits (sequences, words + length, …) */
    kept: (length: number) =>
      ends.flatMap((_, s) => [
        ...Array.from({ length: words }, (__, i) => s * (words + length) + i),
        ...kept.filter((at) => Math.floor(at / length) === s).map((at) => at + (s + 1) * words),
      ]),
  };
}

/** How far off results may be: the goldens' own rule: 1e-5 for logits, 1e-4 for adapters in float32. */
export const limitsOf = (dtype: "f32" | "f64") =>
  dtype === "f64"
    ? { values: 1e-12, gradients: 1e-11, loss: 1e-12, curve: 1e-9, losses: 1e-9 }
    : { values: 1e-5, gradients: 1e-4, loss: 3e-6, curve: 1e-4, losses: 2e-5 };

/** Logits, loss and the gradient of every tensor of the adapter's file. */
export async function checkOutputs(engine: Engine, golden: AdapterGolden, dtype: "f32" | "f64"): Promise<void> {
  const { adapter, store, batch, run, specs, expected, logitsOf } = golden;
  const limits = limitsOf(dtype);
  const names = trainedNames(store);
  expect(names.sort()).toEqual([...adapter.names.keys()].sort());
  const dataOf = (key: string) => (expected.get(key) as { data: Float64Array }).data;
  const program = await engine.compileWith(store, specs, (params, given) => {
    const { logits, loss } = run(params, given);
    const slopes = gradients(
      loss,
      names.map((param) => params[param] as Tensor),
    );
    return { logits, loss, ...Object.fromEntries(names.map((param, i) => [`grad.${param}`, slopes[i] as Tensor])) };
  });
  const results = await program.call(batch);
  const logits = logitsOf("logits");
  // Bounded axes come in full; what is behind the live rows is nobody's.
  expect(largestError((results["logits"] as Float32Array).subarray(0, logits.length), logits)).toBeLessThan(limits.values);
  expect(Math.abs((results["loss"]?.[0] as number) / (dataOf("loss")[0] as number) - 1)).toBeLessThan(limits.loss);
  for (const param of names) {
    const slope = dataOf(`grad.${adapter.names.get(param)}`);
    expect(largestError(results[`grad.${param}`] as Float32Array, slope), param).toBeLessThan(limits.gradients);
  }
}

/** Losses of ten steps, and where they led. */
export async function checkTraining(engine: Engine, golden: AdapterGolden, dtype: "f32" | "f64"): Promise<void> {
  const { adapter, store, batch, run, specs, expected } = golden;
  const limits = limitsOf(dtype);
  const optimizer = adamw({ lr: 1e-2, weightDecay: 0.01, decays: () => true });
  const training = await engine.compile(store, specs, (params, given) => run(params, given).loss, { optimizer });
  const losses: number[] = [];
  for (let step = 0; step < 10; step++) losses.push((await training.step(batch)).loss);
  const curve = (expected.get("train.loss") as { data: Float64Array }).data;
  losses.forEach((loss, i) => expect(Math.abs(loss / (curve[i] as number) - 1), `loss ${i}`).toBeLessThan(limits.losses));
  await store.pull();
  for (const param of trainedNames(store)) {
    const final = expected.get(`final.${adapter.names.get(param)}`) as { data: Float64Array } | undefined;
    if (final !== undefined) expect(largestError(store.get(param), final.data), `final ${param}`).toBeLessThan(limits.curve);
  }
}
