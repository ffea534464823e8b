// Encoders that were saved here open in transformers and give the same logits there, with every head.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "@tetrad/engine";
import { type AnswerRun, type LanguageModel, saveAnswerer, saveModel } from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { TOLERANCE } from "../support/language-golden.js";
import { python } from "../support/python.js";
import {
  ENCODERS,
  HEADS,
  type HeadTask,
  paddedInputs,
  type RandomEncoder,
  randomEncoder,
  type Values,
} from "../support/random-encoders.js";

const LOGITS = `
import json, sys, torch, transformers
from safetensors.torch import load_file
torch.set_num_threads(1)
results = {}
for folder in sys.argv[1:]:
    config = transformers.AutoConfig.from_pretrained(folder)
    model, info = getattr(transformers, config.architectures[0]).from_pretrained(folder, output_loading_info=True)
    assert not any(info[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    batch = {name: value.long() for name, value in load_file(folder + "/inputs.safetensors").items()}
    with torch.no_grad():
        outputs = model.eval()(**batch)
    results[folder] = {name: {"shape": list(value.shape), "data": value.flatten().tolist()} for name, value in outputs.items()}
print(json.dumps(results))
`;

/** What tasks write of a model; these goldens have no tokenizer, and their configuration has five labels of another head. */
const modelOf = ({ config, backbone, head, store }: RandomEncoder) =>
  ({ config, backbone, head, store, tokenizer: { files: {} } }) as LanguageModel;
const labels = (count: number) => ({ id2label: Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`, `class ${i}`])) });
const SAVE: Readonly<Record<HeadTask, (encoder: RandomEncoder, path: string) => Promise<void>>> = {
  "text-classification": (encoder, path) => saveModel(modelOf(encoder), path, labels(4)),
  "token-classification": (encoder, path) => saveModel(modelOf(encoder), path, labels(3)),
  "question-answering": (encoder, path) => saveAnswerer({ model: modelOf(encoder), log: [] } as unknown as AnswerRun, path),
};

// One process of Python for all: it takes five seconds to import its packages.
test("BERT, DistilBERT and RoBERTa as classifiers, taggers and finders of answers", async () => {
  const run = python(["torch", "transformers", "safetensors"]);
  const parent = mkdtempSync(join(tmpdir(), "tetrad-transformers-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const own = new Map<string, RandomEncoder>();
  const engine = await openEngine({ backend: "wasm" });
  try {
    for (const folder of ENCODERS) {
      for (const task of Object.keys(HEADS) as HeadTask[]) {
        const encoder = await randomEncoder(engine, folder, task);
        const path = join(parent, `${folder}-${task}`);
        await SAVE[task](encoder, path);
        writeFileSync(join(path, "inputs.safetensors"), writeSafetensors(paddedInputs(folder)));
        own.set(path, encoder);
      }
    }
  } finally {
    await engine.close();
  }
  const there = JSON.parse(run(LOGITS, ...own.keys())) as Record<string, Record<string, Values>>;
  for (const [path, { outputs, rowsOf }] of own) {
    for (const [name, wanted] of Object.entries(outputs)) {
      expect(largestError(rowsOf(there[path]?.[name] as Values), wanted), `${path}: ${name}`).toBeLessThan(TOLERANCE.f32.values);
    }
  }
});
