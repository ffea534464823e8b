// Models that begin here: a tokenizer of one's own, random weights, a checkpoint of llama2.c; and what is said of bad input.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sharedPath } from "../support/shared.js";
import { type Workplace, workplace } from "./tetrad.js";

const CONFIG = {
  model_type: "llama",
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 64,
  tie_word_embeddings: true,
};
const LINES = ["Every black hole has an entropy.", "", "Every star has a temperature."].join("\n");

function facts(place: Workplace, ...args: string[]): Record<string, unknown> {
  const { code, stdout, stderr } = place.tetrad(...args, "--json", "--quiet", "--backend", "wasm");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test("a tokenizer from lines and records, and weights that the seed decides", () => {
  const place = workplace();
  place.write("lines.txt", LINES);
  place.write("more.jsonl", JSON.stringify({ text: "Every galaxy has stars." }));
  place.write("config.json", JSON.stringify(CONFIG));
  const learned = facts(
    place,
    "tokenizer",
    "train",
    "lines.txt",
    "more.jsonl",
    "--type",
    "bpe",
    "--vocab-size",
    "270",
    "--out",
    "tokenizer",
  );
  expect(learned).toMatchObject({ tokenizer: "tokenizer", type: "bpe", tokens: 270, texts: 3 });
  const init = (out: string, seed: string) =>
    facts(place, "init", "--config", "config.json", "--tokenizer", "tokenizer", "--seed", seed, "--out", out);
  // 270 · 16 embeddings, 4 · 16² of attention, 3 · 16 · 32 of the layer's second half, 3 norms
  expect(init("a", "1")).toEqual({ model: "a", parameters: 4320 + 1024 + 1536 + 48, tokens: 270 });
  init("b", "1");
  init("c", "2");
  const [a, b, c] = ["a", "b", "c"].map((name) => readFileSync(place.path(`${name}/model.safetensors`))) as [Buffer, Buffer, Buffer];
  expect(a.equals(b)).toBe(true);
  expect(a.equals(c)).toBe(false);
  expect(JSON.parse(readFileSync(place.path("a/config.json"), "utf8"))).toMatchObject({
    vocab_size: 270,
    bos_token_id: 0,
    eos_token_id: 0,
  });
});

test("a checkpoint by its file and by its folder", () => {
  const place = workplace();
  const folder = sharedPath("data/stories260K");
  const story = (model: string) => place.tetrad("generate", model, "Once upon", "--max-tokens", "7", "--quiet", "--backend", "wasm");
  expect(story(folder)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Once upon a time, there/) });
  expect(story(`${folder}/stories260K.bin`)).toEqual(story(folder));
  mkdirSync(place.path("two"));
  for (const name of ["one.bin", "other.bin"]) copyFileSync(`${folder}/stories260K.bin`, place.path(`two/${name}`));
  copyFileSync(`${folder}/tok512.bin`, place.path("two/tok512.bin"));
  expect(story("two").stderr).toMatch(/error\[ARGUMENT\]: two: there are several checkpoints — got one\.bin, other\.bin.*two\/one\.bin/);
  expect(story("two/other.bin")).toEqual(story(folder));
});

const tokenizer = (...args: string[]) => ["tokenizer", "train", "lines.txt", "--out", "out", ...args];
const init = (...args: string[]) => ["init", "--tokenizer", "out", "--out", "out", ...args];

test.each<readonly [string, readonly string[], RegExp]>([
  ["an unknown type", tokenizer("--type", "unigram", "--vocab-size", "300"), /--type <name>.*It must be bpe or wordpiece/],
  ["no room", tokenizer("--type", "bpe", "--vocab-size", "100"), /error\[ARGUMENT\].*no room.*more than 257/],
  ["a column of a text file", tokenizer("--type", "bpe", "--vocab-size", "300", "--text", "body"), /error\[DATA\].*no column "body"/],
  ["no words", ["tokenizer", "train", "empty.jsonl", "--out", "out", "--type", "bpe", "--vocab-size", "300"], /error\[DATA\].*no words/],
  ["no configuration", init("--config", "nowhere.json"), /error\[IO\].*nowhere\.json/],
  ["no tokenizer", init("--config", "config.json"), /error\[IO\].*out\/tokenizer\.json/],
])("%s", (_, args, message) => {
  const place = workplace();
  place.write("lines.txt", LINES);
  place.write("empty.jsonl", JSON.stringify({ text: " " }));
  place.write("config.json", JSON.stringify(CONFIG));
  const { code, stdout, stderr } = place.tetrad(...args);
  expect(code).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
  expect(existsSync(place.path("out"))).toBe(false);
});
