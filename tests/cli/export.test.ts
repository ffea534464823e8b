// A folder that was fine-tuned here, elsewhere: transformers' pipelines, ONNX Runtime, and what the Hub reads of its card; and what is said of bad input.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { python } from "../support/python.js";
import { sharedPath } from "../support/shared.js";
import { type Workplace, workplace } from "./tetrad.js";

/** MiniLM with a card of its own. */
function miniLm(place: Workplace): string {
  const from = sharedPath("models/all-MiniLM-L6-v2");
  mkdirSync(place.path("mini"));
  for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json"]) cpSync(`${from}/${file}`, place.path(`mini/${file}`));
  symlinkSync(`${from}/model.safetensors`, place.path("mini/model.safetensors"));
  place.write("mini/README.md", "---\nlicense: other\nlicense_name: mine\nlanguage: en\n---\n\n# MiniLM\n");
  return "mini";
}

function json<T>(place: Workplace, ...args: readonly string[]): T {
  const { code, stdout, stderr } = place.tetrad(...args, "--json", "--quiet");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

const TEXTS = ["The machine ate my card!", "euro"];

test("a classifier gives the same probabilities in transformers' pipeline and in ONNX Runtime, and its card is read", () => {
  const place = workplace();
  const model = miniLm(place);
  place.write("data/train.csv", "text,label\nmy card is gone,card\nthe card is stuck,card\nwhat is a euro,rate\nthe rate of today,rate\n");
  const finetune = ["finetune", "classify", "--model", model, "--train", "data/train.csv", "--test", "data/train.csv", "--out", "bank"];
  const { macroF1, accuracy } = json<Record<"macroF1" | "accuracy", number>>(
    place,
    ...finetune,
    "--epochs",
    "2",
    "--learning-rate",
    "3e-4",
  );
  expect(json(place, "export", "bank", "--out", "onnx/bank.onnx")).toMatchObject({
    out: "onnx/bank.onnx",
    format: "onnx",
    task: "text-classification",
    inputs: ["input_ids", "attention_mask", "token_type_ids"],
    outputs: ["logits"],
  });
  const { pipeline, onnx, card, results } = JSON.parse(
    python(["torch", "transformers", "onnxruntime"])(ELSEWHERE, place.path("bank"), place.path("onnx/bank.onnx"), JSON.stringify(TEXTS)),
  ) as {
    readonly pipeline: Record<string, number>[];
    readonly onnx: Record<string, number>[];
    readonly card: Record<string, unknown>;
    readonly results: unknown[];
  };
  TEXTS.forEach((text, i) => {
    const { classes } = json<{ classes: { label: string; probability: number }[] }>(place, "predict", "bank", text);
    expect(classes).toHaveLength(2);
    for (const { label, probability } of classes) {
      expect(Math.abs(probability - (pipeline[i]?.[label] as number))).toBeLessThan(1e-5);
      expect(Math.abs(probability - (onnx[i]?.[label] as number))).toBeLessThan(1e-5);
    }
  });
  expect(card).toMatchObject({
    library_name: "transformers",
    pipeline_tag: "text-classification",
    license: "other",
    license_name: "mine",
    base_model: "mini",
  });
  expect(results).toEqual([
    ["text-classification", "train.csv", "accuracy", "accuracy", accuracy],
    ["text-classification", "train.csv", "f1", "macro F1", macroF1],
    ["text-classification", "train.csv", "f1", "weighted F1", expect.any(Number)],
  ]);
  expect(readFileSync(place.path("bank/README.md"), "utf8")).not.toContain(place.folder);
});

const ELSEWHERE = `
import json, sys
import numpy as np, onnxruntime, torch
from huggingface_hub import ModelCard
from transformers import AutoTokenizer, pipeline
torch.set_num_threads(1)
folder, path, texts = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
pipe = pipeline("text-classification", folder, top_k=None)
inputs = dict(AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="np"))
(logits,) = onnxruntime.InferenceSession(path).run(["logits"], {name: value.astype(np.int64) for name, value in inputs.items()})
rows = torch.softmax(torch.tensor(logits), -1).tolist()
labels = pipe.model.config.id2label
card = ModelCard.load(folder + "/README.md")
data = card.data.to_dict()
print(json.dumps({
    "pipeline": [{each["label"]: each["score"] for each in row} for row in pipe(texts)],
    "onnx": [{labels[i]: p for i, p in enumerate(row)} for row in rows],
    "card": {name: data[name] for name in ("library_name", "pipeline_tag", "license", "license_name", "base_model")},
    "results": [[r.task_type, r.dataset_name, r.metric_type, r.metric_name, r.metric_value] for r in card.data.eval_results],
}))
`;

test("what cannot be exported is named, and nothing is written", () => {
  const place = workplace();
  const failure = (...args: readonly string[]) => {
    const { code, stdout, stderr } = place.tetrad("export", ...args);
    expect(stdout).toBe("");
    return `${code} ${stderr}`;
  };
  const decoder = sharedPath("models/SmolLM2-135M-Instruct");
  expect(failure(decoder, "--out", "x.onnx")).toMatch(
    /^1 error\[UNSUPPORTED\]: .*only encoders are exported.*"llama".*bert, distilbert, roberta/,
  );
  expect(failure("nowhere", "--out", "x.onnx")).toMatch(/^1 error\[IO\]: .*nowhere/);
  expect(failure(decoder, "--out", "x.gguf", "--format", "gguf")).toMatch(/^2 error: .*Allowed choices are onnx/);
  expect(failure(decoder)).toMatch(/^2 error: required option '--out <file>'/);
  expect(existsSync(place.path("x.onnx"))).toBe(false);
});
