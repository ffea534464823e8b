// The guides' commands and programs do what they say: every `sh` line by the real binary, every `ts` block as a program of its own.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../support/root.js";
import { sharedPath } from "../support/shared.js";
import { tinyBert, tinyLlama } from "../support/tiny-model.js";
import { workplace } from "./tetrad.js";

const sentence = (name: string, city: string) => `${name}\tB-PER\nlives\tO\nin\tO\n${city}\tB-LOC\n.\tO\n`;
const people = ["Anna Berlin", "Vera Paris", "Tom London", "Maria Rome", "Peter Vienna", "Laura Madrid", "John Oslo", "Sara Prague"];

test.each([
  "classify",
  "entities",
  "evaluate",
  "from-scratch",
  "text",
  "embeddings",
  "prepare",
  "training",
  "export",
  "sampling",
  "verifying",
  "exploring",
])("%s", async (name) => {
  const guide = readFileSync(join(root, `docs/guides/${name}.md`), "utf8");
  const blocks = [...guide.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, kind, code]) => ({ kind, code: code as string }));
  const place = workplace();
  // A dozen trainings, of which nobody asks how good the models become, need no large one, and what is written is read by nobody.
  await tinyLlama(place.path("SmolLM2-135M-Instruct"));
  if (["training", "evaluate"].includes(name)) await tinyBert(place.path("all-MiniLM-L6-v2"));
  else symlinkSync(sharedPath("models/all-MiniLM-L6-v2"), place.path("all-MiniLM-L6-v2"));
  const lines = readFileSync(sharedPath("data/intent-banking77/train.csv"), "utf8").split("\n");
  const kinds = ["card_swallowed", "exchange_rate", "change_pin"];
  const rows = (from: number, to: number) =>
    kinds.flatMap((kind) => lines.filter((line) => line.trim().endsWith(`,${kind}`)).slice(from, to));
  place.write("train.csv", ["text,category", ...rows(0, 6)].join("\n"));
  place.write("test.csv", ["text,category", ...rows(10, 13)].join("\n"));
  place.write("train.conll", people.map((pair) => sentence(...(pair.split(" ") as [string, string]))).join("\n"));
  copyFileSync(place.path("train.conll"), place.path("test.conll"));
  const texts = Array.from({ length: 10 }, (_, i) =>
    JSON.stringify({ text: `We show in ${i} dimensions that the black hole entropy is finite.` }),
  );
  place.write("abstracts.jsonl", texts.join("\n"));

  for (const { code } of blocks.filter(({ kind }) => kind === "yaml")) {
    // One epoch does what three do.
    const file = /^(?:data: |name: |# )([\w-]+)/.exec(code)?.[1] ?? "run";
    place.write(`${file}.yaml`, code.replace("num_train_epochs: 3", "num_train_epochs: 1"));
  }

  copyFileSync(join(root, "examples/cosmic-chronometers/hz.csv"), place.path("hz.csv"));
  symlinkSync(sharedPath("data/stories260K"), place.path("stories260K"));
  for (const { code } of blocks.filter(({ kind }) => kind === "json")) place.write(name === "text" ? "star.json" : "llama.json", code);

  const commands = blocks.filter(({ kind }) => kind === "sh").flatMap(({ code }) => code.trim().split("\n"));
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) {
    const [program, ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string));
    expect(program).toBe("tetrad");
    const { code, stderr } = place.tetrad(...args);
    expect(code, `${command}\n${stderr}`).toBe(0);
  }

  // Programs read the GGUF file besides.
  rmSync(place.path("SmolLM2-135M-Instruct"), { recursive: true });
  symlinkSync(sharedPath("models/SmolLM2-135M-Instruct"), place.path("SmolLM2-135M-Instruct"));
  // Inside the repository, so that the packages are found as a user's program would find them.
  const folder = join(root, ".tetrad", `guide-${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cwd = linked(folder, place.folder);
  for (const { code } of blocks.filter(({ kind }) => kind === "ts")) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
      cwd,
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).not.toBe("");
    if (name === "classify") expect(stdout).toMatch(/^card (1|0\.\d+)\n/);
    if (name === "prepare")
      expect(stdout).toMatch(/^\{ 'exact duplicates': 1 \} questions\.csv:3\n(?:(?:train|test) .* \| (?:card|rate)\n){4}$/);
    if (name === "sampling") expect(stdout).toMatch(/^Om 0\.3\d+ .*\nH0 67\.\d+ .*\nconverged\n$/);
    if (name === "embeddings") expect(stdout).toBe("true\n");
    if (name === "export") expect(stdout).toBe("input_ids, attention_mask, token_type_ids → last_hidden_state, sentence_embedding\n");
  }
});

/** The workplace's files in a folder of the repository. */
function linked(folder: string, from: string): string {
  for (const file of [
    "all-MiniLM-L6-v2",
    "SmolLM2-135M-Instruct",
    "train.conll",
    "adapter",
    "hz.csv",
    "flat-lcdm.yaml",
    "curved-lcdm.yaml",
  ])
    symlinkSync(join(from, file), join(folder, file));
  return folder;
}
