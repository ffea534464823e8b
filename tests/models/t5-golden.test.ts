// T5 against transformers: buckets of distances, encoder states, logits, loss and every gradient, packed where Python pads.
import { readFileSync } from "node:fs";
import { type EngineOptions, gradients, type JsonObject, type Tensor } from "@tetrad/engine";
import { encoderDecoderOf, matchWeights, positionBuckets, readWeights } from "@tetrad/language";
import { expect, test } from "vitest";
import { readSafetensors } from "../../packages/engine/src/io/safetensors.js";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { sharedPath } from "../support/shared.js";

const tensors = (name: string) => readSafetensors(readFileSync(sharedPath(`golden/t5-tiny/${name}.safetensors`))).tensors;
const dataOf = (all: ReturnType<typeof tensors>, name: string) => (all.get(name) as { data: Int32Array }).data;

/** Numbers of the first `lengths[r]` places of each of the rows of `width`. */
const places = (lengths: readonly number[], width: number) => lengths.flatMap((n, r) => Array.from({ length: n }, (_, i) => r * width + i));
const starts = (lengths: readonly number[]) =>
  Int32Array.from({ length: lengths.length + 1 }, (_, r) => lengths.slice(0, r).reduce((a, b) => a + b, 0));

test("distances fall into transformers' buckets", () => {
  const expected = tensors("expected");
  const common = { buckets: 14, farthest: 20 };
  expect([...positionBuckets(15, { ...common, both: true })]).toEqual([...dataOf(expected, "position_bucket.encoder")]);
  expect([...positionBuckets(15, { ...common, both: false })]).toEqual([...dataOf(expected, "position_bucket.decoder")]);
});

// The goldens' own rule for T5, whose attention is not scaled and sharp: logits 1e-5 … 1e-4 in float32.
const machines: readonly (readonly [string, EngineOptions, "f32" | "f64"])[] = [
  ["reference f64", { backend: "reference" }, "f64"],
  ["relaxed f32", { backend: "wasm", build: "relaxed" }, "f32"],
  ["baseline f32", { backend: "wasm", build: "baseline" }, "f32"],
  ["webgpu f32", { backend: "webgpu" }, "f32"],
];

test.each(machines)("%s: states, logits, loss and every gradient", async (_, options, dtype) => {
  const engine = await openEngine(options);
  try {
    const folder = sharedPath("golden/t5-tiny");
    const model = encoderDecoderOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
    const file = await readWeights(folder);
    const { found } = matchWeights(model, model.params, file, { freshHead: false });
    const store = engine.store(model.params, { dtype });
    for (const [name, tensor] of found) store.set(name, file.read(tensor).data);

    const inputs = tensors("inputs");
    const [mask, labels] = [dataOf(inputs, "attention_mask"), dataOf(inputs, "labels")];
    const [rows, sourceWidth, targetWidth] = [3, mask.length / 3, labels.length / 3];
    const count = (width: number, real: (i: number) => boolean) =>
      Array.from({ length: rows }, (_x, r) => Array.from({ length: width }, (_y, i) => r * width + i).filter(real).length);
    const sources = count(sourceWidth, (i) => mask[i] === 1);
    const targets = count(targetWidth, (i) => labels[i] !== -100);
    const [from, to] = [places(sources, sourceWidth), places(targets, targetWidth)];
    const own = to.map((i) => labels[i] as number);
    const feeds = {
      source: Int32Array.from(from, (i) => dataOf(inputs, "input_ids")[i] as number),
      sourceStarts: starts(sources),
      target: Int32Array.from(to, (i, at) => (i % targetWidth === 0 ? model.start : (own[at - 1] as number))),
      targetStarts: starts(targets),
      labels: Int32Array.from(own),
    };
    const specs = Object.fromEntries(Object.entries(feeds).map(([name, { length }]) => [name, { shape: [length], dtype: "i32" } as const]));
    const program = await engine.compileWith(store, specs, (weights, given) => {
      const source = { ids: given["source"] as Tensor, cuSeqlens: given["sourceStarts"] as Tensor };
      const target = { ids: given["target"] as Tensor, cuSeqlens: given["targetStarts"] as Tensor };
      const context = { training: false };
      const encoded = model.encode(weights, source, context);
      const states = model.decode(weights, target, encoded, source, context);
      const loss = model.loss(weights, states, given["labels"] as Tensor);
      const slopes = gradients(
        loss,
        store.names.map((name) => weights[name] as Tensor),
      );
      return {
        encoder_last_hidden_state: encoded,
        logits: model.logits(weights, states),
        loss,
        ...Object.fromEntries(store.names.map((name, i) => [`grad.${name}`, slopes[i] as Tensor])),
      };
    });
    const results = await program.call(feeds);
    const expected = tensors("expected");
    const limits = dtype === "f64" ? { values: 1e-12, gradients: 1e-11, loss: 1e-12 } : { values: 4e-5, gradients: 1e-4, loss: 3e-6 };
    const rowsOf = (name: string, at: readonly number[], width: number) =>
      at.flatMap((i) => Array.from({ length: width }, (_x, c) => dataOf(expected, name)[i * width + c] as number));
    expect(
      largestError(results["encoder_last_hidden_state"] as Float32Array, rowsOf("encoder_last_hidden_state", from, model.width)),
    ).toBeLessThan(limits.values);
    expect(largestError(results["logits"] as Float32Array, rowsOf("logits", to, model.vocabulary))).toBeLessThan(limits.values);
    expect(Math.abs((results["loss"]?.[0] as number) / (dataOf(expected, "loss")[0] as number) - 1)).toBeLessThan(limits.loss);
    for (const name of store.names) {
      expect(largestError(results[`grad.${name}`] as Float32Array, dataOf(expected, `grad.${name}`)), name).toBeLessThan(limits.gradients);
    }
  } finally {
    await engine.close();
  }
});
