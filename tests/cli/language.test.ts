// Fine-tuning with the real binary: classes, entities and text, used and measured by other processes, opened by Python, and what is said of bad input.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { readSafetensors } from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import { python } from "../support/python.js";
import { sharedPath } from "../support/shared.js";
import { tinyBert } from "../support/tiny-model.js";
import { facts, finetune, miniLm } from "./finetuning.js";
import { type Workplace, workplace } from "./tetrad.js";

/** Questions of a bank's customers, so many of each of three kinds, every `step`th. */
function questions(place: Workplace, name: string, from: number, to: number): string {
  const kinds = ["card_swallowed", "exchange_rate", "change_pin"];
  const lines = readFileSync(sharedPath("data/intent-banking77/train.csv"), "utf8").split("\n");
  const rows = kinds.flatMap((kind) => lines.filter((line) => line.trim().endsWith(`,${kind}`)).slice(from, to));
  return place.write(name, ["text,category", ...rows].join("\n"));
}

const recipe = ["--epochs", "6", "--batch-size", "8", "--learning-rate", "3e-4", "--max-tokens", "48"];

test("classes: learnt, saved, used, measured, and the same in Python", () => {
  const place = workplace();
  const [train, test] = [questions(place, "train.csv", 0, 12), questions(place, "test.csv", 20, 30)];
  const run = place.tetrad(...finetune("classify", { train, test, label: "category", out: "bank" }, ...recipe));
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/3 classes from 36 texts\n/);
  expect(run.stdout).toMatch(/card_swallowed +\d\.\d{4} +\d\.\d{4} +\d\.\d{4} +10\n/);
  expect(run.stderr).toMatch(/began as random numbers: classifier\.weight, classifier\.bias/);
  expect(run.stderr).toMatch(/fine-tuning 100 %.*tokens\/s/);
  expect(readdirSync(place.path("bank")).sort()).toEqual(
    [
      "README.md",
      "all_results.json",
      "config.json",
      "model.safetensors",
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
      "trainer_state.json",
      "vocab.txt",
    ].sort(),
  );
  const config = JSON.parse(readFileSync(place.path("bank/config.json"), "utf8"));
  expect(config).toMatchObject({
    architectures: ["BertForSequenceClassification"],
    id2label: { 0: "card_swallowed", 1: "change_pin", 2: "exchange_rate" },
    problem_type: "single_label_classification",
  });
  expect(readFileSync(place.path("bank/README.md"), "utf8")).toMatch(
    /^---\nlibrary_name: transformers\npipeline_tag: text-classification\n/,
  );
  expect(JSON.parse(readFileSync(place.path("bank/trainer_state.json"), "utf8")).log_history.at(-1)).toMatchObject({ step: 30 });

  const measured = facts<{ accuracy: number; texts: number }>(place, "evaluate", "bank", test, "--label", "category");
  expect(measured.texts).toBe(30);
  expect(measured.accuracy).toBeGreaterThan(0.8);
  expect(place.tetrad("evaluate", "bank", test, "--label", "category").stdout).toMatch(
    /weighted avg.*\nbalanced accuracy [01]\.\d{4}, MCC.*\nROC AUC .*\nlog loss 0\.\d{4}, calibration error 0\.\d{4}\n/s,
  );

  const texts = ["The machine ate my card!", "How much is a euro worth?", ""];
  const own = texts.map((text) =>
    facts<{ label: string; classes: { label: string; probability: number }[] }>(place, "predict", "bank", text),
  );
  expect(own.slice(0, 2).map(({ label }) => label)).toEqual(["card_swallowed", "exchange_rate"]);
  expect(place.tetrad("predict", "bank", texts[0] as string).stdout).toMatch(/^card_swallowed +\d\d\.\d %\n/);
  const table = place.tetrad("predict", "bank", test, "--out", "answers.csv");
  expect(table).toMatchObject({ code: 0, stdout: "30 predictions written to answers.csv\n" });
  expect(readFileSync(place.path("answers.csv"), "utf8").split("\n")[0]).toBe(
    `${readFileSync(test, "utf8").split("\n")[0]},label,probability`,
  );

  const there = JSON.parse(python(["torch", "transformers"])(CLASSIFY, place.path("bank"), JSON.stringify(texts))) as Record<
    string,
    number
  >[];
  there.forEach((probabilities, i) => {
    for (const { label, probability } of own[i]?.classes ?? [])
      expect(Math.abs(probability - (probabilities[label] as number))).toBeLessThan(1e-5);
  });
});

const CLASSIFY = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), AutoModelForSequenceClassification.from_pretrained(sys.argv[1]).eval()
with torch.no_grad():
    rows = [torch.softmax(model(**tokenizer(text, return_tensors="pt")).logits[0], -1).tolist() for text in json.loads(sys.argv[2])]
print(json.dumps([{model.config.id2label[i]: p for i, p in enumerate(row)} for row in rows]))
`;

test("without a file to measure on, some texts are kept back", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const train = questions(place, "all.csv", 0, 20);
  const { texts, classes } = facts<{ texts: { train: number; test: number }; classes: string[] }>(
    place,
    ...finetune("classify", { model, train, label: "category", epochs: "1", "test-share": "0.25" }),
  );
  expect(texts).toEqual({ train: 45, test: 15 });
  expect(classes).toHaveLength(3);
});

test("entities: learnt, saved, used, measured, and the same in Python", () => {
  const place = workplace();
  const sentence = (name: string, city: string) => `${name}\tB-PER\nlives\tO\nin\tO\n${city}\tB-LOC\n.\tO\n`;
  const pairs = ["Anna Berlin", "Vera Paris", "Tom London", "Maria Rome", "Peter Vienna", "Laura Madrid", "John Oslo", "Sara Prague"];
  const text = (list: readonly string[]) => list.map((pair) => sentence(...(pair.split(" ") as [string, string]))).join("\n");
  const train = place.write("train.conll", `\ufeff${text([...pairs, ...pairs])}`);
  const test = place.write("test.conll", text(["Emma Dublin", "Paul Athens"]));
  const run = place.tetrad(...finetune("ner", { train, test, out: "ner" }, ...recipe));
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/3 tags \(IOB2\) from 16 sentences\n/);
  expect(run.stdout).toMatch(/ +LOC +1\.0000 +1\.0000 +1\.0000 +2\n/);
  expect(facts<{ f1: number; words: number }>(place, "evaluate", "ner", test)).toMatchObject({ f1: 1, words: 10 });
  const asked = "Rosa lives in Lisbon.";
  const { entities } = facts<{ entities: unknown[] }>(place, "predict", "ner", asked);
  expect(entities).toEqual([
    { type: "PER", text: "Rosa", begin: 0, end: 4 },
    { type: "LOC", text: "Lisbon", begin: 14, end: 20 },
  ]);
  const there = JSON.parse(python(["torch", "transformers"])(TAG, place.path("ner"), asked));
  expect(there).toEqual(["B-PER", "O", "O", "B-LOC", "O"]);
});

const TAG = `
import json, sys
from transformers import AutoModelForTokenClassification, AutoTokenizer
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), AutoModelForTokenClassification.from_pretrained(sys.argv[1]).eval()
inputs = tokenizer(sys.argv[2], return_tensors="pt")
best = model(**inputs).logits[0].argmax(-1).tolist()
print(json.dumps([model.config.id2label[i] for i in best[1:-1]]))
`;

test("text: an adapter is trained, saved as peft has it, and goes on from a prompt", () => {
  const place = workplace();
  const lines = Array.from({ length: 8 }, (_, i) => JSON.stringify({ text: `Theorem ${i}. Every black hole has an entropy of A/4.` }));
  const train = place.write("texts.jsonl", lines.join("\n"));
  const model = sharedPath("models/SmolLM2-135M-Instruct");
  const run = place.tetrad(
    ...finetune("lm", { model, train, test: train, peft: "lora", out: "adapter" }),
    ...["--epochs", "4", "--batch-size", "4", "--learning-rate", "4e-3", "--max-tokens", "32"],
  );
  expect(run.code).toBe(0);
  expect(run.stderr).toMatch(/460,800 of 134,975,808 parameters are trained/);
  const [, before, after] = (/: ([\d.]+) → ([\d.]+)\n/.exec(run.stdout) ?? []).map(Number) as [number, number, number];
  expect(after).toBeLessThan(0.2 * before);
  expect(JSON.parse(readFileSync(place.path("adapter/adapter_config.json"), "utf8"))).toMatchObject({
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    r: 8,
    lora_alpha: 16,
    target_modules: ["q_proj", "v_proj"],
    base_model_name_or_path: model,
  });
  expect(readFileSync(place.path("adapter/README.md"), "utf8")).toMatch(/- adapter: lora\n- r: 8\n- lora_alpha: 16\n- lora_dropout: 0\n/);
  const goesOn = (folder: string) => facts<{ text: string }>(place, "generate", folder, "Theorem 3. Every black", "--max-tokens", "8").text;
  const learnt = goesOn("adapter");
  expect(learnt).toMatch(/^ hole/);
  expect(learnt).not.toBe(goesOn(model));
});

test("vectors: of a file, and nearly the same from layers in int8", () => {
  const place = workplace();
  const texts = questions(place, "texts.csv", 0, 5);
  const vectors = (...flags: readonly string[]) => {
    const about = facts<{ texts: number; width: number }>(
      place,
      "embed",
      miniLm(),
      texts,
      "--text",
      "text",
      "--out",
      "v.safetensors",
      ...flags,
    );
    expect(about).toMatchObject({ texts: 15, width: 384 });
    return readSafetensors(readFileSync(place.path("v.safetensors"))).tensors.get("embeddings")?.data as Float32Array;
  };
  const [exact, rounded] = [vectors(), vectors("--quantize", "int8")];
  for (let row = 0; row < 15; row++) {
    let cosine = 0;
    for (let i = 384 * row; i < 384 * (row + 1); i++) cosine += (exact[i] as number) * (rounded[i] as number);
    expect(cosine).toBeGreaterThan(0.985);
    expect(cosine).toBeLessThan(0.99999);
  }
  expect(place.tetrad("embed", miniLm(), texts, "--quantize", "int4")).toMatchObject({ code: 2, stdout: "" });
  for (const flags of [[], ["--out", "absent.safetensors"]]) {
    const mistaken = place.tetrad("embed", miniLm(), "absent.csv", ...flags);
    expect(mistaken).toMatchObject({ code: 1, stdout: "" });
    expect(mistaken.stderr).toMatch(/^error\[\w+\].*absent\.csv/);
  }
});

test.skipIf(process.platform === "win32")("an interrupted and resumed run ends with the same weights", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const train = questions(place, "train.csv", 0, 8);
  const command = (out: string) =>
    finetune("classify", { model, train, test: train, label: "category", out }, ...recipe, "--epochs", "400");
  const { child, ended } = place.start(...command("bank"));
  child.stderr?.on("data", (text: string) => {
    // Asked twice it does not wait for the step's end.
    if (text.includes("fine-tuning") && !child.killed) child.kill("SIGINT");
  });
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /error\[CANCELLED\]: finetune: stopped after \d+ of 1200 steps; where it stood is kept in bank-run\. Hint: .*--resume/,
  );
  expect(readdirSync(place.folder).sort()).toEqual(["bank-run", "cache", "tiny", "train.csv"]);
  const other = place.tetrad(...command("bank"), "--resume", "--learning-rate", "1e-4");
  expect(other.stderr).toMatch(
    /error\[ARGUMENT\]: resume: the interrupted run was asked for otherwise.*learningRate 0\.0001.*learningRate 0\.0003/,
  );
  expect(place.tetrad(...command("bank"), "--resume", "--quiet").code).toBe(0);
  expect(place.tetrad(...command("whole"), "--quiet").code).toBe(0);
  for (const file of ["model.safetensors", "trainer_state.json"]) {
    expect(readFileSync(place.path(`bank/${file}`)).equals(readFileSync(place.path(`whole/${file}`))), file).toBe(true);
  }
  expect(existsSync(place.path("bank-run"))).toBe(false);
  expect(place.tetrad(...command("bank"), "--resume").stderr).toMatch(/error\[IO\].*no checkpoint in bank-run/);
});

test("adversarial training is a flag", async () => {
  const place = workplace();
  const model = await tinyBert(place.path("tiny"));
  const train = questions(place, "train.csv", 0, 6);
  const command = finetune("classify", { model, train, test: train, label: "category", epochs: "2" });
  const [plain, fgm] = [[], ["--adversarial", "fgm:0.5:text"]].map(
    (flags) => facts<{ finalLoss: number }>(place, ...command, ...flags).finalLoss,
  );
  // Two losses are added.
  expect((fgm as number) / (plain as number)).toBeGreaterThan(1.8);
  expect(place.tetrad(...command, "--adversarial", "pgd:0.5")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("pgd:EPSILON,ALPHA,STEPS or freelb:EPSILON,ALPHA,STEPS"),
  });
});

describe("bad input is named, and nothing is written", () => {
  const half = { "test-share": "0.5" };

  test.each<readonly [string, (place: Workplace) => readonly string[], RegExp]>([
    [
      "no folder",
      (place) => finetune("classify", { model: "nowhere", train: questions(place, "t.csv", 0, 2), label: "category" }),
      /error\[IO\]: .*nowhere/,
    ],
    [
      "a column that is misspelt",
      (place) => finetune("classify", { train: questions(place, "t.csv", 0, 2), label: "catgory", ...half }),
      /catgory.*category/s,
    ],
    [
      "one class",
      (place) => finetune("classify", { train: place.write("t.csv", "text,label\na b,x\nc d,x\n"), ...half }),
      /error\[DATA\]: classify: there is nothing to tell apart.*"x" alone/,
    ],
    [
      "a line without a tag",
      (place) => finetune("ner", { train: place.write("t.conll", "Anna\tB-PER\nlives\n") }),
      /error\[DATA\].*a line has no tag.*t\.conll:2/,
    ],
    [
      "tags of no scheme",
      (place) => finetune("ner", { train: place.write("t.conll", "Anna\tX-PER\n\nTom\tX-PER\n"), ...half }),
      /error\[DATA\].*no known scheme/,
    ],
    ["a model without a head", () => ["predict", miniLm(), "some text"], /error\[UNSUPPORTED\].*no head.*finetune classify/],
    ["an encoder that is to write", () => ["generate", miniLm(), "some text"], /error\[UNSUPPORTED\].*bert/],
    [
      "layers that are not there",
      (place) =>
        finetune("lm", {
          model: sharedPath("models/SmolLM2-135M-Instruct"),
          train: place.write("t.csv", "text,n\na b,1\nc d,2\n"),
          peft: "lora",
          "target-modules": "q_prj",
          ...half,
        }),
      /error\[ARGUMENT\].*target_modules.*did you mean "q_proj"/s,
    ],
  ])("%s", (_, args, message) => {
    const place = workplace();
    const { code, stdout, stderr } = place.tetrad(...args(place));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(existsSync(place.path("out"))).toBe(false);
  });

  test("a folder that mixes files of two models, truncated weights, a class that training did not see", () => {
    const place = workplace();
    const train = questions(place, "train.csv", 0, 4);
    const args = (model: string) => finetune("classify", { model, train, label: "category", epochs: "1" });
    const copy = (name: string, change: (path: string) => void) => {
      mkdirSync(place.path(name));
      for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json"])
        cpSync(`${miniLm()}/${file}`, place.path(`${name}/${file}`));
      symlinkSync(`${miniLm()}/model.safetensors`, place.path(`${name}/model.safetensors`));
      change(place.path(name));
      return place.path(name);
    };
    const edit = (path: string, change: (config: Record<string, unknown>) => void) => {
      const config = JSON.parse(readFileSync(`${path}/config.json`, "utf8"));
      change(config);
      writeFileSync(`${path}/config.json`, JSON.stringify(config));
    };
    const wide = copy("wide", (path) => edit(path, (config) => Object.assign(config, { hidden_size: 768 })));
    expect(place.tetrad(...args(wide)).stderr).toMatch(/error\[FORMAT\].*not the weights of this bert model.*of another shape.*embeddings/);
    const small = copy("small", (path) => edit(path, (config) => Object.assign(config, { vocab_size: 1000 })));
    expect(place.tetrad(...args(small)).stderr).toMatch(/error\[DATA\].*different vocabularies.*30522/);
    const deep = copy("deep", (path) => edit(path, (config) => Object.assign(config, { num_hidden_layers: 7 })));
    expect(place.tetrad(...args(deep)).stderr).toMatch(/error\[FORMAT\].*missing: bert\.encoder\.layer\.6/);
    const other = copy("other", (path) => edit(path, (config) => Object.assign(config, { model_type: "brt" })));
    expect(place.tetrad(...args(other)).stderr).toMatch(/error\[UNSUPPORTED\].*model_type "brt".*did you mean "bert"/);
    const short = place.path("short");
    mkdirSync(short);
    for (const file of ["config.json", "tokenizer.json"]) cpSync(`${miniLm()}/${file}`, `${short}/${file}`);
    writeFileSync(`${short}/model.safetensors`, readFileSync(`${miniLm()}/model.safetensors`).subarray(0, 1_000_000));
    expect(place.tetrad(...args(short)).stderr).toMatch(/error\[FORMAT\].*short\/model\.safetensors/);
    expect(existsSync(place.path("out"))).toBe(false);
    expect(place.tetrad(...args(miniLm())).code).toBe(0);
    const unseen = place.write("unseen.csv", "text,category\nhello,greeting\n");
    expect(place.tetrad("evaluate", "out", unseen, "--label", "category").stderr).toMatch(/error\[DATA\].*not trained on.*"greeting"/);
  });
});
