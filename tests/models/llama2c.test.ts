// Checkpoints of llama2.c: the text that its own program writes, its tokenizer on awkward text, and a folder of Hugging Face made of one, which Python opens.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@tetrad/engine";
import { finetuneLm, generate, openGenerator, openLlama2c, openLm, saveModel, Tokenizer } from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { largestError } from "../support/error.js";
import { python } from "../support/python.js";
import { sharedPath } from "../support/shared.js";

const checkpoint = () => sharedPath("data/stories260K/stories260K.bin");

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-llama2c-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** llama2.c's own way, written from its description: the neighbours whose token has the highest score, the first of equals. */
function reference(file: Buffer, count: number): (text: string) => number[] {
  const ids = new Map<string, number>();
  const scores: number[] = [];
  for (let id = 0, at = 4; id < count; id++) {
    const length = file.readInt32LE(at + 4);
    scores.push(file.readFloatLE(at));
    ids.set(file.toString("utf8", at + 8, at + 8 + length), id);
    at += 8 + length;
  }
  const tokens = new Map([...ids].map(([token, id]) => [id, token]));
  return (text) => {
    if (text === "") return [1];
    const list = [...` ${text}`].flatMap((character) => ids.get(character) ?? [...Buffer.from(character)].map((byte) => byte + 3));
    for (;;) {
      let best: { readonly at: number; readonly id: number } | undefined;
      for (let at = 0; at + 1 < list.length; at++) {
        const id = ids.get(`${tokens.get(list[at] as number)}${tokens.get(list[at + 1] as number)}`);
        if (id !== undefined && (best === undefined || (scores[id] as number) > (scores[best.id] as number))) best = { at, id };
      }
      if (best === undefined) return [1, ...list];
      list.splice(best.at, 2, best.id);
    }
  };
}

const TEXTS = [
  "",
  " ",
  "Once upon a time, there was a little girl named Lily.",
  "  two  spaces,   three    four     five ",
  "a\nb\r\n\tc",
  "aaaaaaaaaaaa bbbbbbb hahahahahaha !!!!!!",
  "naïve café — ΛCDM 🙂 日本 ▁ e\u0301",
  "<0x41> is no byte",
];

test("token by token what llama2.c makes of a text", async () => {
  const path = sharedPath("data/stories260K/tok512.bin");
  const { tokenizer } = await openLlama2c(checkpoint());
  const expected = reference(readFileSync(path), 512);
  const story = readFileSync(sharedPath("data/stories260K/expected_greedy_200.txt"), "utf8");
  const abstracts = readFileSync(sharedPath("data/intent-banking77/test.csv"), "utf8").split("\n").slice(0, 200);
  for (const text of [...TEXTS, story, ...abstracts]) {
    expect(tokenizer.encode(text).ids, text).toEqual(expected(text));
    expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
  }
});

test("the text that llama2.c writes, byte for byte", async () => {
  const engine = await createEngine({ backend: "wasm" });
  onTestFinished(() => engine.close());
  const generator = await openGenerator(engine, checkpoint());
  const { text } = await generate(generator, "", { maxNewTokens: 200 });
  expect(text).toBe(readFileSync(sharedPath("data/stories260K/expected_greedy_200.txt"), "utf8"));
  // What goes on in the middle of a text keeps the space that it begins with.
  const [begin] = text.split(" a time");
  expect((await generate(generator, begin as string, { maxNewTokens: 4 })).text).toMatch(/^ a time/);
});

test("as a folder it opens here and in Python with the same token numbers and logits", async () => {
  const engine = await createEngine({ backend: "wasm" });
  onTestFinished(() => engine.close());
  const folder = temporary();
  await saveModel(await openLm(engine, checkpoint()), join(folder, "hf"));
  const own = await openGenerator(engine, join(folder, "hf"), { context: 64 });
  const original = await openGenerator(engine, checkpoint(), { context: 64 });
  expect((await generate(own, "Lily", { maxNewTokens: 40 })).text).toBe((await generate(original, "Lily", { maxNewTokens: 40 })).text);
  const loaded = await Tokenizer.load(join(folder, "hf"));
  const there = JSON.parse(python(["torch", "transformers"])(PYTHON, join(folder, "hf"), JSON.stringify(TEXTS))) as {
    readonly ids: readonly (readonly number[])[];
    readonly decoded: readonly string[];
    readonly logits: readonly number[];
  };
  expect(TEXTS.map((text) => loaded.encode(text).ids)).toEqual(there.ids);
  expect(there.ids.map((ids) => loaded.decode(ids))).toEqual(there.decoded);
  // In float32 on both sides
  expect(largestError(await own.decoder.begin(loaded.encode(TEXTS[2] as string).ids, 0), there.logits)).toBeLessThan(1e-5);
});

const PYTHON = `
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
torch.set_num_threads(1)
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), AutoModelForCausalLM.from_pretrained(sys.argv[1]).eval()
texts = json.loads(sys.argv[2])
ids = [tokenizer(text).input_ids for text in texts]
with torch.no_grad():
    logits = model(torch.tensor([ids[2]])).logits[0, -1].tolist()
print(json.dumps({"ids": ids, "decoded": [tokenizer.decode(i, skip_special_tokens=True, clean_up_tokenization_spaces=False) for i in ids], "logits": logits}))
`;

test("a step of more tokens than the longest text that the model reads", async () => {
  const engine = await createEngine({ backend: "wasm" });
  onTestFinished(() => engine.close());
  const model = await openLm(engine, checkpoint());
  const [line] = readFileSync(sharedPath("data/stories260K/expected_greedy_200.txt"), "utf8").split("\n") as [string];
  const { tokens, losses } = await finetuneLm(engine, model, new Array(16).fill(line), { numTrainEpochs: 3, learningRate: 1e-3 });
  expect(tokens).toBeGreaterThan(3 * 512);
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
});

test("what is damaged, of a later format, or without its tokenizer is named", async () => {
  const folder = temporary();
  const bytes = readFileSync(checkpoint());
  const named = (name: string, content: Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  await expect(openLlama2c(named("whole.bin", bytes))).rejects.toMatchObject({
    code: "IO",
    message: expect.stringContaining("tokenizer.bin"),
  });
  copyFileSync(sharedPath("data/stories260K/tok512.bin"), join(folder, "tok512.bin"));
  await expect(openLlama2c(named("cut.bin", bytes.subarray(0, 500_000)))).rejects.toThrow(
    /as long as its header says.*500000.*1056540.*cut short/,
  );
  await expect(openLlama2c(named("none.bin", Buffer.from("not a model")))).rejects.toMatchObject({ code: "FORMAT" });
  await expect(openLlama2c(named("zero.bin", new Uint8Array(64)))).rejects.toThrow(/no checkpoint of llama2\.c.*0, 0, 0/);
  const later = Buffer.from(bytes);
  later.writeUInt32LE(0x616b3432, 0);
  await expect(openLlama2c(named("later.bin", later))).rejects.toMatchObject({ code: "UNSUPPORTED" });
  writeFileSync(join(folder, "tok512.bin"), readFileSync(sharedPath("data/stories260K/tok512.bin")).subarray(0, 3000));
  await expect(openLlama2c(join(folder, "whole.bin"))).rejects.toThrow(/FORMAT|token \d+ of 512 cannot be read/);
});
