// An adapter that was trained here opens in Python's peft and gives the same logits there, merged and not; what peft writes of it opens here; and a causal
// model with a prompt or prefix goes on, from a cache of keys and values, with the tokens that peft finds by reading all of them anew.
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adamw, createEngine, crossEntropy, type Engine, indexOfLargest, type JsonObject, type Tensor } from "@tetrad/engine";
import {
  adapt,
  backboneOf,
  cacheSpecs,
  Decoder,
  ia3,
  initialiseAdapter,
  loadAdapter,
  lora,
  type MakeMethod,
  matchWeights,
  type Params,
  prefixTuning,
  promptTuning,
  readAdapter,
  readWeights,
  saveAdapter,
  sequenceClassification,
  type TokenBatch,
} from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { largestError } from "../support/error.js";
import { type GoldenInputs, pack } from "../support/language-golden.js";
import { behind, boundedSpecs, openGolden } from "../support/peft-golden.js";
import { python } from "../support/python.js";
import { sharedPath } from "../support/shared.js";

const common = () => ({ taskType: "SEQ_CLS", base: sharedPath("golden/bert-tiny/sequence-classification"), modulesToSave: ["classifier"] });
const methods: Readonly<Record<string, () => MakeMethod>> = {
  LoRA: () => lora({ ...common(), r: 3, loraAlpha: 5, targetModules: ["query", "value", "output.dense"] }),
  "rank-stabilised LoRA": () => lora({ ...common(), r: 4, loraAlpha: 4, useRslora: true, targetModules: "all-linear" }),
  "LoRA with offsets": () => lora({ ...common(), bias: "lora_only", targetModules: ["key", "intermediate.dense"] }),
  DoRA: () => lora({ ...common(), useDora: true, targetModules: ["query", "value"] }),
  "IA³": () => ia3({ ...common(), targetModules: ["key", "value", "output.dense"], feedforwardModules: ["output.dense"] }),
  prompt: () => promptTuning({ ...common(), numVirtualTokens: 5 }),
  prefix: () => prefixTuning({ ...common(), numVirtualTokens: 3 }),
  "projected prefix": () => prefixTuning({ ...common(), numVirtualTokens: 4, prefixProjection: true, encoderHiddenSize: 7 }),
};
const INPUTS: GoldenInputs = { folder: "bert-tiny", labels: { name: "sequence_labels", per: "sequence" } };
const VIRTUAL = ["llama-prompt-tuning", "llama-prefix-tuning"];
const PROMPT = [5, 17, 3, 42, 8];
const ANSWER = 12;

// One process of Python for all: it takes five seconds to import its packages.
test("adapters of every method", async () => {
  const parent = await mkdtemp(join(tmpdir(), "tetrad-peft-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const engine = await createEngine({ backend: "wasm" });
  onTestFinished(() => engine.close());
  const own: Record<string, number[]> = {};
  for (const [name, make] of Object.entries(methods)) own[name] = await trained(engine, make(), join(parent, name));
  const { base } = common();
  const inputs = sharedPath("golden/bert-tiny/inputs.safetensors");
  const [llama, golden] = [sharedPath("golden/llama-tiny"), sharedPath("golden/peft")];
  const asked = JSON.stringify({ adapters: VIRTUAL, prompt: PROMPT, answer: ANSWER });
  const { logits, answers } = JSON.parse(python(["torch", "transformers", "peft"])(THERE, base, parent, inputs, llama, golden, asked)) as {
    readonly logits: Record<string, readonly [number[], number[] | null]>;
    readonly answers: readonly number[][];
  };
  expect(Object.keys(logits).sort()).toEqual(Object.keys(methods).sort());
  for (const [name, [there, merged]] of Object.entries(logits)) {
    expect(largestError(own[name] as number[], there), name).toBeLessThan(1e-5);
    expect(merged === null, name).toBe(/^p|projected/.test(name));
    if (merged !== null) expect(largestError(own[name] as number[], merged), `${name}, merged`).toBeLessThan(1e-5);
    // peft's "all-linear" is also the pooler, which belongs to the head here.
    if (name === "rank-stabilised LoRA") continue;
    const again = await opened(engine, join(parent, name, "again"));
    // What a projection makes was rounded once more in the file.
    if (name === "projected prefix") expect(largestError(again, own[name] as number[]), name).toBeLessThan(1e-5);
    else expect(again, name).toEqual(own[name]);
  }
  for (const [i, name] of VIRTUAL.entries()) expect(await answered(engine, name), name).toEqual(answers[i]);
});

/** The golden's base with an adapter: its store, and a program of its logits. */
async function prepared(engine: Engine, make: MakeMethod) {
  const { base } = common();
  const backbone = backboneOf(JSON.parse(readFileSync(`${base}/config.json`, "utf8")) as JsonObject);
  const head = sequenceClassification(backbone, 5);
  const adapted = adapt(backbone, head, make);
  const file = await readWeights(base);
  const { found } = matchWeights(backbone, { ...backbone.params, ...head.params }, file, { freshHead: false });
  const store = engine.store(adapted.params, { seed: 3 });
  for (const [name, tensor] of found) store.set(name, file.read(tensor).data);
  initialiseAdapter(store, adapted.method);
  const { batch } = behind(pack(INPUTS, false), adapted, INPUTS);
  const specs = boundedSpecs(batch, adapted);
  const logits = (all: Params, inputs: Record<string, Tensor>) => {
    const tokens = inputs as unknown as TokenBatch;
    const params = adapted.within(all, { training: false });
    return head.outputs(params, backbone.states(params, tokens, { training: false }), tokens, { training: false })["logits"] as Tensor;
  };
  const evaluate = async () => {
    const program = await engine.compileWith(store, specs, (all, inputs) => ({ logits: logits(all, inputs) }));
    return [...((await program.call(batch))["logits"] as Float32Array)];
  };
  return { adapted, store, batch, specs, logits, evaluate };
}

/** Trains an adapter for five steps and saves it; its logits. */
async function trained(engine: Engine, make: MakeMethod, folder: string): Promise<number[]> {
  const { adapted, store, batch, specs, logits, evaluate } = await prepared(engine, make);
  const loss = (all: Params, inputs: Record<string, Tensor>) => crossEntropy(logits(all, inputs), inputs["labels"] as Tensor);
  const program = await engine.compile(store, specs, loss, { optimizer: adamw({ lr: 1e-2 }) });
  for (let step = 0; step < 5; step++) await program.step(batch);
  await saveAdapter(store, adapted.method, folder);
  return evaluate();
}

/** Logits of an adapter's folder. */
async function opened(engine: Engine, folder: string): Promise<number[]> {
  const adapter = await readAdapter(folder);
  const { store, evaluate } = await prepared(engine, adapter.method);
  loadAdapter(store, adapter, folder);
  return evaluate();
}

/** Tokens that a causal golden goes on with, greedily; the prompt is longer than what is read one by one. */
async function answered(engine: Engine, name: string): Promise<number[]> {
  const size = { context: 40 };
  const { adapted, head, store } = await openGolden(engine, name, "f32", (backbone) => cacheSpecs(backbone, size));
  const decoder = await Decoder.open(engine, { ...adapted, head, store }, size);
  const words = adapted.method.virtual?.as === "words" ? Array.from({ length: 8 }, (_, i) => -1 - i) : [];
  const answer: number[] = [];
  let logits = await decoder.begin([...words, ...PROMPT], 0);
  while (answer.length < ANSWER) {
    answer.push(indexOfLargest(logits));
    logits = await decoder.read(answer.slice(-1));
  }
  decoder.close();
  return answer;
}

const THERE = `
import json, os, sys, torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
base, parent, inputs, llama, golden, asked = sys.argv[1:]
batch = {k: v.long() for k, v in load_file(inputs).items() if k in ("input_ids", "attention_mask", "token_type_ids")}
logits, answers = {}, []
with torch.no_grad():
    for name in os.listdir(parent):
        folder = os.path.join(parent, name)
        model = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base), folder).eval()
        config = model.peft_config["default"]
        given = dict(batch)
        if config.peft_type == "PREFIX_TUNING":
            # peft's own forward asks for an argument that BERT's classifier takes as one of its further ones; this is what it would pass on.
            rows = len(batch["input_ids"])
            seen = torch.ones(rows, config.num_virtual_tokens, dtype=torch.long)
            given |= {"attention_mask": torch.cat([seen, batch["attention_mask"]], 1), "past_key_values": model.get_prompt(rows)}
        own = (model.base_model if "past_key_values" in given else model)(**given).logits.flatten().tolist()
        model.save_pretrained(os.path.join(folder, "again"))
        logits[name] = [own, None if config.is_prompt_learning else model.merge_and_unload()(**batch).logits.flatten().tolist()]
    asked = json.loads(asked)
    for name in asked["adapters"]:
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(llama), os.path.join(golden, name)).eval()
        ids = torch.tensor([asked["prompt"]])
        # peft's generate leaves prefixes out (0.21.2 with transformers 5.24); its forward does not.
        for _ in range(asked["answer"]):
            last = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[:, -1]
            ids = torch.cat([ids, last.argmax(-1, keepdim=True)], 1)
        answers.append(ids[0, len(asked["prompt"]):].tolist())
print(json.dumps({"logits": logits, "answers": answers}))
`;
