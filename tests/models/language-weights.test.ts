// Weights as folders have them: bf16, in shards, without the model's prefix, under old names; and what is said where they do not fit.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type JsonObject, type StorableTensor, type Tensor, writeSafetensors } from "@tetrad/engine";
import {
  backboneOf,
  causalLm,
  maskedLm,
  matchWeights,
  readWeights,
  sequenceClassification,
  type TokenBatch,
  type WeightFile,
} from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { largestError } from "../support/error.js";
import { pack, rowsOf, specsOf, tensors } from "../support/language-golden.js";
import { sharedPath } from "../support/shared.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tetrad-weights-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
const configOf = (name: string) => JSON.parse(readFileSync(sharedPath(`golden/${name}/config.json`), "utf8")) as JsonObject;
/** A golden's tensors, to be written otherwise. */
const storable = (name: string) =>
  new Map(
    [...tensors(`golden/${name}/model.safetensors`)].map(([key, { shape, data }]) => [
      key,
      { shape, data: data as Float32Array } satisfies StorableTensor,
    ]),
  );
const write = (path: string, file: string, all: ReadonlyMap<string, StorableTensor>) =>
  writeFileSync(join(path, file), writeSafetensors(all));
const values = (file: WeightFile) => new Map([...file.shapes.keys()].map((name) => [name, file.read(name).data]));

test("bf16 is widened exactly, and gives the logits of the rounded weights", async () => {
  const path = folder();
  cpSync(sharedPath("golden/llama-tiny/model-bf16.safetensors"), join(path, "model.safetensors"));
  const backbone = backboneOf(configOf("llama-tiny"));
  const head = causalLm(backbone, false);
  const params = { ...backbone.params, ...head.params };
  const file = await readWeights(path);
  const expected = tensors("golden/llama-tiny/expected-bf16.safetensors");
  for (const [name, { data }] of expected)
    if (name.startsWith("widened.")) expect(file.read(name.slice("widened.".length)).data).toEqual(data);
  const engine = await createEngine({ backend: "wasm" });
  try {
    const store = engine.store(params, { dtype: "f64" });
    for (const [name, tensor] of matchWeights(backbone, params, file, { freshHead: false }).found) store.set(name, file.read(tensor).data);
    const { batch, kept } = pack({ folder: "llama-tiny", labels: { name: "labels", per: "next" } }, true);
    const program = await engine.compileWith(store, specsOf(batch), (weights, inputs) => {
      const tokens = inputs as unknown as TokenBatch;
      const states = backbone.states(weights, tokens, { training: false });
      const { logits } = head.outputs(weights, states, tokens, { training: false });
      return { logits: logits as Tensor, loss: head.loss(weights, states, inputs["labels"] as Tensor) };
    });
    const { logits, loss } = await program.call(batch);
    const want = expected.get("logits") as { data: Float64Array; shape: readonly number[] };
    expect(largestError(logits as Float64Array, rowsOf(want.data, kept, want.shape[2] as number))).toBeLessThan(1e-12);
    expect(Math.abs((loss?.[0] as number) / ((expected.get("loss") as { data: Float64Array }).data[0] as number) - 1)).toBeLessThan(1e-12);
  } finally {
    await engine.close();
  }
});

test("shards with an index are one file", async () => {
  const path = folder();
  const all = [...storable("bert-tiny")];
  const half = Math.floor(all.length / 2);
  const parts = { "model-00001-of-00002.safetensors": all.slice(0, half), "model-00002-of-00002.safetensors": all.slice(half) };
  const map: Record<string, string> = {};
  for (const [name, part] of Object.entries(parts)) {
    write(path, name, new Map(part));
    for (const [key] of part) map[key] = name;
  }
  const index = (weightMap: Readonly<Record<string, string>>) =>
    writeFileSync(join(path, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: weightMap }));
  index(map);
  expect(values(await readWeights(path))).toEqual(new Map(all.map(([name, { data }]) => [name, data])));
  const [first] = all[0] as [string, unknown];
  index({ ...map, [first]: "model-00002-of-00002.safetensors" });
  await expect(readWeights(path)).rejects.toThrow(/FORMAT|which has no such tensor/);
  index({ ...map, [first]: "../elsewhere.safetensors" });
  await expect(readWeights(path)).rejects.toThrow(/does not name files beside the index/);
  index({ ...map, [first]: "model-00003-of-00003.safetensors" });
  await expect(readWeights(path)).rejects.toMatchObject({ code: "IO" });
});

test("a file without the prefix, with old names, buffers and another head, fits", async () => {
  const path = folder();
  const bare = [...storable("bert-tiny")].map(([name, tensor]): [string, StorableTensor] => {
    const old = name
      .replace(/^bert\./, "")
      .replace(/LayerNorm\.weight$/, "LayerNorm.gamma")
      .replace(/LayerNorm\.bias$/, "LayerNorm.beta");
    return [old, tensor];
  });
  write(path, "model.safetensors", new Map([...bare, ["embeddings.position_ids", { shape: [1, 40], data: new Int32Array(40) }]]));
  const backbone = backboneOf(configOf("bert-tiny"));
  const file = await readWeights(path);
  const head = sequenceClassification(backbone, 5);
  const { found, fresh, unused } = matchWeights(backbone, { ...backbone.params, ...head.params }, file, { freshHead: true });
  expect(found.size).toBe(Object.keys(backbone.params).length + 2);
  expect(found.get("bert.embeddings.LayerNorm.weight")).toBe("embeddings.LayerNorm.gamma");
  expect(fresh).toEqual(["classifier.weight", "classifier.bias"]);
  expect(unused.every((name) => name.startsWith("cls."))).toBe(true);
  expect(unused.length).toBeGreaterThan(4);
  const lm = maskedLm(backbone);
  expect(matchWeights(backbone, { ...backbone.params, ...lm.params }, file, { freshHead: false }).fresh).toEqual([]);
});

test("what is missing, of another shape or unknown is listed", async () => {
  const path = folder();
  const all = storable("bert-tiny");
  all.delete("bert.encoder.layer.1.output.dense.bias");
  all.set("bert.embeddings.LayerNorm.weight", { shape: [2], data: new Float32Array(2) });
  all.set("decoder.strange.weight", { shape: [1], data: new Float32Array(1) });
  write(path, "model.safetensors", all);
  const backbone = backboneOf(configOf("bert-tiny"));
  const file = await readWeights(path);
  expect(() => matchWeights(backbone, backbone.params, file, { freshHead: true })).toThrow(
    /missing: bert\.encoder\.layer\.1\.output\.dense\.bias; of another shape: bert\.embeddings\.LayerNorm\.weight \[2\], expected \[36\]; unknown: decoder\.strange\.weight/,
  );
  await expect(readWeights(join(path, "nowhere"))).rejects.toMatchObject({ code: "IO" });
});
