// LoRA, DoRA and IA³ against Python's peft: its folders open here, and give its logits, losses, gradients, merged weights and ten steps.
import { readFileSync } from "node:fs";
import { adamw, crossEntropy, type Engine, gradients, type JsonObject, type Tensor } from "@tetrad/engine";
import {
  adapt,
  backboneOf,
  causalLm,
  loadAdapter,
  matchWeights,
  mergedStore,
  mergedWeights,
  type Params,
  readAdapter,
  readWeights,
  sequenceClassification,
  type TokenBatch,
  trainedNames,
  trainedShare,
} from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { type GoldenInputs, machines, pack, rowsOf, specsOf, tensors } from "../support/language-golden.js";
import { sharedPath } from "../support/shared.js";

const BERT: GoldenInputs = {
  folder: "bert-tiny/sequence-classification",
  base: "bert-tiny",
  labels: { name: "sequence_labels", per: "sequence" },
};
const LLAMA: GoldenInputs = { folder: "llama-tiny", labels: { name: "labels", per: "next" } };
const evaluation = { training: false };

async function open(engine: Engine, name: string, dtype: "f32" | "f64") {
  const inputs = name.startsWith("bert") ? BERT : LLAMA;
  const folder = sharedPath(`golden/${inputs.folder}`);
  const backbone = backboneOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
  const classifier = sequenceClassification(backbone, 5);
  const lm = backbone.causal ? causalLm(backbone, false) : undefined;
  const head = lm ?? classifier;
  const adapter = await readAdapter(sharedPath(`golden/peft/${name}`));
  const adapted = adapt(backbone, head, adapter.method);
  const file = await readWeights(folder);
  const plain = { ...backbone.params, ...head.params };
  const { found } = matchWeights(backbone, plain, file, { freshHead: false });
  const store = engine.store(adapted.params, { dtype });
  for (const [param, tensor] of found) store.set(param, file.read(tensor).data);
  loadAdapter(store, adapter, name);
  const { batch, kept } = pack(inputs, backbone.causal);
  const run = (params: Params, given: Record<string, Tensor>, withAdapter = true) => {
    const weights = withAdapter ? adapted.within(params, evaluation) : params;
    const tokens = given as unknown as TokenBatch;
    const states = backbone.states(weights, tokens, evaluation);
    const { logits } = head.outputs(weights, states, tokens, evaluation);
    const labels = given["labels"] as Tensor;
    return { logits: logits as Tensor, loss: lm?.loss(weights, states, labels) ?? crossEntropy(logits as Tensor, labels) };
  };
  return { adapter, adapted, store, plain, batch, kept, run, specs: specsOf(batch) };
}

/** A golden's logits of real tokens. */
function logitsOf(all: ReturnType<typeof tensors>, name: string, kept: readonly number[]) {
  const { data, shape } = all.get(name) as { data: Float64Array; shape: readonly number[] };
  return shape.length === 3 ? rowsOf(data, kept, shape[2] as number) : data;
}

describe.each(machines)("$name", ({ options, dtype }) => {
  // The goldens' own rule: 1e-5 for logits, 1e-4 for adapters in float32.
  const limits =
    dtype === "f64"
      ? { values: 1e-12, gradients: 1e-11, loss: 1e-12, curve: 1e-9 }
      : { values: 1e-5, gradients: 1e-4, loss: 3e-6, curve: 1e-4 };

  test.each(["bert-lora", "bert-dora", "bert-ia3", "llama-lora", "llama-dora", "llama-ia3"])("%s", async (name) => {
    const engine = await openEngine(options);
    try {
      const { adapter, adapted, store, plain, batch, kept, run, specs } = await open(engine, name, dtype);
      const expected = tensors(`golden/peft/${name}/expected.safetensors`);
      const names = trainedNames(store);
      expect(names.sort()).toEqual([...adapter.names.keys()].sort());
      expect(trainedShare(store)).toMatch(/^[\d,]+ of [\d,]+ parameters are trained/);
      const fileName = (param: string) => adapter.names.get(param) as string;
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
      expect(largestError(results["logits"] as Float32Array, logitsOf(expected, "logits", kept))).toBeLessThan(limits.values);
      expect(Math.abs((results["loss"]?.[0] as number) / (dataOf("loss")[0] as number) - 1)).toBeLessThan(limits.loss);
      for (const param of names) {
        expect(largestError(results[`grad.${param}`] as Float32Array, dataOf(`grad.${fileName(param)}`)), param).toBeLessThan(
          limits.gradients,
        );
      }

      const merged = mergedWeights(store, adapted.method);
      const changed = [...expected.keys()].filter((key) => key.startsWith("merged."));
      expect(changed.length).toBeGreaterThan(0);
      for (const key of changed) {
        expect(largestError(merged.get(key.slice("merged.".length)) as Float64Array, dataOf(key)), key).toBeLessThan(
          dtype === "f64" ? 1e-12 : 1e-6,
        );
      }
      const alone = mergedStore(engine, store, adapted.method, plain);
      const without = await engine.compileWith(alone, specs, (params, given) => ({ logits: run(params, given, false).logits }));
      expect(largestError((await without.call(batch))["logits"] as Float32Array, logitsOf(expected, "logits_merged", kept))).toBeLessThan(
        limits.values,
      );

      if (options.backend === "reference") return;
      const optimizer = adamw({ lr: 1e-2, weightDecay: 0.01, decays: () => true });
      const training = await engine.compile(store, specs, (params, given) => run(params, given).loss, { optimizer });
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) losses.push((await training.step(batch)).loss);
      const curve = dataOf("train.loss");
      losses.forEach((loss, i) =>
        expect(Math.abs(loss / (curve[i] as number) - 1), `loss ${i}`).toBeLessThan(dtype === "f64" ? 1e-9 : 2e-5),
      );
      await store.pull();
      for (const param of names) {
        const final = expected.get(`final.${fileName(param)}`) as { data: Float64Array } | undefined;
        if (final !== undefined) expect(largestError(store.get(param), final.data), `final ${param}`).toBeLessThan(limits.curve);
      }
      // What is frozen has not moved.
      expect(
        store.get(
          "bert.embeddings.word_embeddings.weight" in plain ? "bert.embeddings.word_embeddings.weight" : "model.embed_tokens.weight",
        ),
      ).toEqual(
        alone.get(
          "bert.embeddings.word_embeddings.weight" in plain ? "bert.embeddings.word_embeddings.weight" : "model.embed_tokens.weight",
        ),
      );
    } finally {
      await engine.close();
    }
  });
});
