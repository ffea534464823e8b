// An adapter that was trained here opens in Python's peft and gives the same logits there, merged and not.
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adamw, createEngine, crossEntropy, type JsonObject, type Tensor } from "@tetrad/engine";
import {
  adapt,
  backboneOf,
  ia3,
  initialiseAdapter,
  lora,
  type MakeMethod,
  matchWeights,
  type Params,
  readWeights,
  saveAdapter,
  sequenceClassification,
  type TokenBatch,
} from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { largestError } from "../support/error.js";
import { pack, specsOf } from "../support/language-golden.js";
import { python } from "../support/python.js";
import { sharedPath } from "../support/shared.js";

const common = () => ({ taskType: "SEQ_CLS", base: sharedPath("golden/bert-tiny/sequence-classification"), modulesToSave: ["classifier"] });
const methods: Readonly<Record<string, () => MakeMethod>> = {
  LoRA: () => lora({ ...common(), r: 3, loraAlpha: 5, targetModules: ["query", "value", "output.dense"] }),
  "rank-stabilised LoRA": () => lora({ ...common(), r: 4, loraAlpha: 4, useRslora: true, targetModules: "all-linear" }),
  "LoRA with offsets": () => lora({ ...common(), bias: "lora_only", targetModules: ["key", "intermediate.dense"] }),
  DoRA: () => lora({ ...common(), useDora: true, targetModules: ["query", "value"] }),
  "IA³": () => ia3({ ...common(), targetModules: ["key", "value", "output.dense"], feedforwardModules: ["output.dense"] }),
};

// One process of Python for all: it takes five seconds to import its packages.
test("adapters of every method", async () => {
  const parent = await mkdtemp(join(tmpdir(), "tetrad-peft-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const own: Record<string, number[]> = {};
  for (const [name, make] of Object.entries(methods)) own[name] = await trained(make(), join(parent, name));
  const { base } = common();
  const inputs = sharedPath("golden/bert-tiny/inputs.safetensors");
  const there = JSON.parse(python(["torch", "transformers", "peft"])(LOGITS, base, parent, inputs)) as Record<string, [number[], number[]]>;
  expect(Object.keys(there).sort()).toEqual(Object.keys(methods).sort());
  for (const [name, [logits, merged]] of Object.entries(there)) {
    expect(largestError(own[name] as number[], logits), name).toBeLessThan(1e-5);
    expect(largestError(own[name] as number[], merged), `${name}, merged`).toBeLessThan(1e-5);
  }
});

/** Trains an adapter for five steps and saves it; its logits. */
async function trained(make: MakeMethod, folder: string): Promise<number[]> {
  const engine = await createEngine({ backend: "wasm" });
  try {
    const { base } = common();
    const backbone = backboneOf(JSON.parse(readFileSync(`${base}/config.json`, "utf8")) as JsonObject);
    const head = sequenceClassification(backbone, 5);
    const adapted = adapt(backbone, head, make);
    const file = await readWeights(base);
    const { found } = matchWeights(backbone, { ...backbone.params, ...head.params }, file, { freshHead: false });
    const store = engine.store(adapted.params, { seed: 3 });
    for (const [name, tensor] of found) store.set(name, file.read(tensor).data);
    initialiseAdapter(store, adapted.method);
    const { batch } = pack({ folder: "bert-tiny", labels: { name: "sequence_labels", per: "sequence" } }, false);
    const logits = (all: Params, inputs: Record<string, Tensor>) => {
      const tokens = inputs as unknown as TokenBatch;
      const params = adapted.within(all, { training: false });
      return head.outputs(params, backbone.states(params, tokens, { training: false }), tokens, { training: false })["logits"] as Tensor;
    };
    const program = await engine.compile(
      store,
      specsOf(batch),
      (all, inputs) => crossEntropy(logits(all, inputs), inputs["labels"] as Tensor),
      {
        optimizer: adamw({ lr: 1e-2 }),
      },
    );
    for (let step = 0; step < 5; step++) await program.step(batch);
    const evaluation = await engine.compileWith(store, specsOf(batch), (all, inputs) => ({ logits: logits(all, inputs) }));
    const own = [...((await evaluation.call(batch))["logits"] as Float32Array)];
    await saveAdapter(store, adapted.method, folder);
    return own;
  } finally {
    await engine.close();
  }
}

const LOGITS = `
import json, os, sys, torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification
base, parent, inputs = sys.argv[1:]
batch = {k: v.long() for k, v in load_file(inputs).items() if k in ("input_ids", "attention_mask", "token_type_ids")}
results = {}
with torch.no_grad():
    for name in os.listdir(parent):
        model = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base), os.path.join(parent, name)).eval()
        logits = model(**batch).logits.flatten().tolist()
        results[name] = [logits, model.merge_and_unload()(**batch).logits.flatten().tolist()]
print(json.dumps(results))
`;
