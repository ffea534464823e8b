// Adapters by the command line beside LoRA: trained, gone on from, measured, predicted with; and what does not go together.
import { readdirSync, readFileSync } from "node:fs";
import { openSafetensors } from "@tetrad/engine";
import { expect, test } from "vitest";
import { sharedPath } from "../support/shared.js";
import { facts, finetune, miniLm } from "./finetuning.js";
import { workplace } from "./tetrad.js";

const STORIES = () => sharedPath("data/stories260K/stories260K.bin");

test("texts by --peft prefix: generate and evaluate open its folder", () => {
  const place = workplace();
  const lines = Array.from({ length: 6 }, (_, i) => JSON.stringify({ text: `Lily had ${i} red balls. She was happy and sad.` }));
  const train = place.write("texts.jsonl", lines.join("\n"));
  const run = place.tetrad(
    ...finetune("lm", { model: STORIES(), train, test: train, peft: "prefix", out: "adapter" }),
    ...["--epochs", "20", "--batch-size", "3", "--learning-rate", "3e-2", "--num-virtual-tokens", "4", "--prefix-projection"],
  );
  expect(run.code).toBe(0);
  // A table of 4 rows as wide as keys (32), two layers from 32 to 32 and from there to a key and a value in each of 5 layers
  expect(run.stderr).toContain(`${(4 * 32 + 33 * 32 + 33 * 5 * 2 * 32).toLocaleString("en")} of `);
  const [, before, after] = (/: ([\d.]+) → ([\d.]+)\n/.exec(run.stdout) ?? []).map(Number) as [number, number, number];
  expect(after).toBeLessThan(0.9 * before);
  const config = JSON.parse(readFileSync(place.path("adapter/adapter_config.json"), "utf8"));
  expect(config).toMatchObject({
    peft_type: "PREFIX_TUNING",
    prefix_projection: true,
    num_virtual_tokens: 4,
    base_model_name_or_path: STORIES(),
  });
  const measured = facts<{ perplexity: number }>(place, "evaluate", "adapter", train);
  expect(Math.abs(measured.perplexity / after - 1)).toBeLessThan(2e-2);
  expect(measured.perplexity).toBeLessThan(before);
  const goesOn = (model: string) => facts<{ text: string }>(place, "generate", model, "Lily had", "--max-tokens", "12").text;
  expect(goesOn("adapter")).toMatch(/ball/);
  expect(goesOn(STORIES())).not.toMatch(/ball/);
  const drawn = ["generate", "adapter", "Lily", "--max-tokens", "8", "--temperature", "0.9", "--seed", "5", "--json", "--quiet"];
  expect(JSON.parse(place.tetrad(...drawn).stdout).text).toBe(JSON.parse(place.tetrad(...drawn).stdout).text);
  // Options of draws where nothing is drawn
  const { code, stderr } = place.tetrad("generate", STORIES(), "Lily had", "--top-k", "5");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/nothing is drawn.*got --top-k.*--temperature 0\.8/) });
});

test("adapters over int8: by --quantize and by a file, merged into exact weights, and what it does not go with", () => {
  const place = workplace();
  const rows = ["my card is stuck,card", "what is a euro worth,rate", "a card was swallowed,card", "the exchange rate of today,rate"];
  const train = place.write("t.csv", ["text,label", ...rows].join("\n"));
  // One device for all: runs are held against each other to the bit.
  const steps = ["--max-steps", "4", "--batch-size", "2", "--learning-rate", "1e-2", "--backend", "wasm"];
  const classify = (out: string, ...more: readonly string[]) =>
    facts<{ finalLoss: number }>(place, ...finetune("classify", { train, test: train, out }), ...steps, ...more).finalLoss;
  const config = place.write("int8.yaml", "peft: lora\nquantize: int8\n");
  const [exact, rounded, merged] = [
    classify("exact", "--peft", "lora"),
    classify("rounded", "--config", config),
    classify("merged", "--peft", "lora", "--quantize", "int8", "--merge"),
  ];
  // The same run, by a file and by the command line; other losses than without rounding, but hardly.
  expect(merged).toBe(rounded);
  expect(rounded).not.toBe(exact);
  expect(Math.abs(rounded / exact - 1)).toBeLessThan(0.02);
  const files = (out: string) => readdirSync(place.path(out)).sort();
  expect(files("rounded")).toEqual(files("exact"));
  const adapter = (out: string) => readFileSync(place.path(`${out}/adapter_config.json`), "utf8");
  expect(adapter("rounded")).toBe(adapter("exact"));
  // Layers that the adapter leaves alone are the file's own, to the bit.
  const key = "encoder.layer.0.attention.self.key.weight";
  const weight = (folder: string, name: string) => openSafetensors(readFileSync(`${folder}/model.safetensors`), folder).read(name).data;
  expect(weight(place.path("merged"), `bert.${key}`)).toEqual(weight(miniLm(), key));
  // The folder opens over exact weights, as the merged model has them.
  const guess = (out: string) => facts<{ probability: number }>(place, "predict", out, "my card", "--backend", "wasm").probability;
  expect(guess("rounded")).toBeCloseTo(guess("merged"), 5);

  const refused = (task: string, flags: Readonly<Record<string, string>>, ...more: readonly string[]) => {
    const { code, stderr } = place.tetrad(...finetune(task, { train, test: train, out: "none", ...flags }), ...more);
    return `${code} ${stderr}`;
  };
  expect(refused("classify", {}, "--quantize", "int8")).toMatch(/^2 error\[ARGUMENT\].*stand still.*--quantize int8 without --peft/s);
  expect(refused("classify", {}, "--peft", "lora", "--quantize", "int4")).toMatch(/^2 .*int4.*int8/s);
  const wrong = place.write("wrong.yaml", "peft: lora\nquantize: int4\n");
  expect(refused("classify", {}, "--config", wrong)).toMatch(/^1 error\[FORMAT\].*quantize.*int4/s);
  expect(refused("classify", {}, "--peft", "prefix", "--quantize", "int8", "--merge")).toMatch(
    /^1 error\[UNSUPPORTED\].*cannot be merged/s,
  );
  // GPT-2's weights are (in, out).
  const gpt2 = { model_type: "gpt2", vocab_size: 270, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 64 };
  const texts = place.write("texts.csv", "text\nEvery black hole has an entropy.\nEvery star has a temperature.\n");
  const lines = place.write("lines.txt", "Every black hole has an entropy.\n");
  place.tetrad("tokenizer", "train", lines, "--type", "bpe", "--vocab-size", "270", "--out", "tokenizer");
  place.tetrad("init", "--config", place.write("gpt2.json", JSON.stringify(gpt2)), "--tokenizer", "tokenizer", "--out", "gpt2");
  const turned = { model: "gpt2", train: texts, test: texts };
  expect(refused("lm", turned, "--peft", "lora", "--quantize", "int8")).toMatch(
    /^1 error\[UNSUPPORTED\].*\(in, out\) are not rounded.*gpt2/s,
  );
  const help = place.tetrad("finetune", "ner", "--help").stdout.replace(/\s+/g, " ");
  expect(help).toMatch(
    /--quantize <kind> int8: layers that the adapter leaves alone are rounded.*what is written is used with the exact one/,
  );
});

test("classes by --peft bottleneck, and combinations that cannot be", () => {
  const place = workplace();
  const rows = ["my card is stuck,card", "what is a euro worth,rate", "a card was swallowed,card", "the exchange rate of today,rate"];
  const train = place.write("t.csv", ["text,label", ...rows].join("\n"));
  const task = (...more: readonly string[]) => place.tetrad(...finetune("classify", { train, test: train, out: "out" }), ...more);
  const run = task("--peft", "bottleneck", "--adapter-config", "houlsby", "--epochs", "4", "--batch-size", "2", "--learning-rate", "3e-3");
  expect(run.stderr).toContain(`${(6 * 2 * (24 * 384 * 2 + 24 + 384) + 2 * 385).toLocaleString("en")} of `);
  expect(run.code).toBe(0);
  expect(JSON.parse(readFileSync(place.path("out/adapter_config.json"), "utf8"))).toMatchObject({
    config: { mh_adapter: true, output_adapter: true, reduction_factor: 16, non_linearity: "swish" },
    model_name: miniLm(),
    model_class: "BertForSequenceClassification",
  });
  expect(place.tetrad("predict", "out", "my card", "--quiet").stdout).toMatch(/^card /);
  const refused = (...more: readonly string[]) => {
    const { code, stderr } = task(...more);
    return `${code} ${stderr}`;
  };
  expect(refused("--peft", "prefix", "--merge")).toMatch(/^1 error\[UNSUPPORTED\].*cannot be merged.*--peft prefix --merge/s);
  expect(refused("--peft", "lora", "--num-virtual-tokens", "3")).toMatch(/^2 error\[ARGUMENT\].*--num-virtual-tokens means nothing/s);
  expect(refused("--merge")).toMatch(/^2 error\[ARGUMENT\].*--merge means nothing.*got no --peft/s);
  expect(refused("--peft", "lora", "--lora-dropout", "1.5")).toMatch(/^2 .*'--lora-dropout <x>' argument '1.5' is invalid.*below 1/s);
});
