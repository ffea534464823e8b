/** What fine-tuning is told by a configuration, what it keeps of a run, and what it does when two runs want one folder or one is killed. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSafetensors } from "@tetrad/engine";
import { expect, test } from "vitest";
import { tinyBert } from "../support/tiny-model.js";
import { facts } from "./finetuning.js";
import { type Workplace, workplace } from "./tetrad.js";

const CSV = `text,label\n${Array.from({ length: 24 }, (_, i) => `${["the card is stuck", "what is a euro worth"][i % 2]}${" now".repeat(i % 5)},${["card", "rate"][i % 2]}`).join("\n")}\n`;

/** A folder with a tiny model, a table and a configuration. */
async function prepared(yaml: string): Promise<Workplace> {
  const place = workplace();
  await tinyBert(place.path("tiny"));
  writeFileSync(place.path("train.csv"), CSV);
  writeFileSync(place.path("run.yaml"), yaml);
  return place;
}

const YAML = `model: tiny
train: train.csv
out: bank
num_train_epochs: 4
per_device_train_batch_size: 4
learning_rate: 2e-3
lr_scheduler_type: cosine_with_restarts
lr_scheduler_kwargs: { num_cycles: 2 }
optim: adamw_torch
`;

interface Facts {
  readonly steps: number;
  readonly texts: { readonly train: number; readonly test: number };
}

test("a configuration has Hugging Face's names; the command line goes before it", async () => {
  const place = await prepared(`${YAML}eval_strategy: epoch
save_strategy: epoch
save_total_limit: 2
load_best_model_at_end: true
metric_for_best_model: accuracy
early_stopping_patience: 3
report_to: [jsonl, tensorboard]
`);
  const { steps, texts } = facts<Facts>(place, "finetune", "classify", "--config", "run.yaml", "--epochs", "3");
  // A tenth is kept to measure on, and a tenth of the rest to watch by.
  expect({ steps, texts }).toEqual({ steps: 15, texts: { train: 20, test: 2 } });
  const log = readFileSync(place.path("bank-run/log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const state = JSON.parse(readFileSync(place.path("bank/trainer_state.json"), "utf8"));
  expect(state).toMatchObject({ max_steps: 15, num_train_epochs: 3, train_batch_size: 4, log_history: log });
  expect(log.filter((entry: object) => "eval_accuracy" in entry)).toHaveLength(3);
  const [events, ...others] = readdirSync(place.path("bank-run/runs"));
  expect([events, others]).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d+/), []]);
  const curves = readFileSync(place.path(`bank-run/runs/${events}`), "latin1");
  for (const tag of ["train/loss", "train/learning_rate", "eval/accuracy", "_hparams_/session_end_info"]) expect(curves).toContain(tag);
  const kept = readdirSync(place.path("bank-run"));
  expect(kept).toEqual(expect.arrayContaining(["checkpoint-10", "checkpoint-15", "log.jsonl", state.best_model_checkpoint]));
  expect(readdirSync(place.path("bank-run/checkpoint-15"))).toEqual(
    expect.arrayContaining(["config.json", "model.safetensors", "optimizer.safetensors", "tokenizer.json", "trainer_state.json"]),
  );
  // A checkpoint is a model.
  expect(facts<{ label: string }>(place, "predict", "bank-run/checkpoint-15", "the card is stuck").label).toBeTypeOf("string");
});

test.each([
  ["learning_rat: 1", /unknown key "learning_rat".*report_to, .*at run\.yaml:10.*did you mean "learning_rate"\?/],
  ["warmup_steps: -3", /"warmup_steps" is wrong — got -3.*at run\.yaml:10/],
  ["eval_strategy: epochs", /"eval_strategy" is wrong.*at run\.yaml:10.*did you mean "epoch"\?/],
  ["adversarial: fgn:1", /run\.yaml.*"adversarial" is wrong.*fgn:1/],
  ["adversarial: fgm:1:word", /run\.yaml.*"adversarial" is wrong.*fgm:1:word/],
  ["report_to: tensorbord", /report_to: nothing of this name takes a log/],
] as const)("%s is refused", async (line, message) => {
  const { code, stderr } = (await prepared(`${YAML}${line}\n`)).tetrad("finetune", "classify", "--config", "run.yaml");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
});

test("what is needed may come from either place, and is missed in both", async () => {
  const place = await prepared("train: train.csv\n");
  const { code, stderr } = place.tetrad("finetune", "classify", "--config", "run.yaml", "--out", "bank");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("required option '--model <folder>' not specified") });
});

test("a folder has one run at a time; one that was killed keeps nobody out", async () => {
  const place = await prepared(`${YAML}save_steps: 2\n`);
  const command = ["finetune", "classify", "--config", "run.yaml", "--epochs", "400"];
  const { child, ended } = place.start(...command);
  const checkpoints = () =>
    existsSync(place.path("bank-run")) ? readdirSync(place.path("bank-run")).filter((name) => name.startsWith("checkpoint")) : [];
  await expect.poll(() => checkpoints().length, { timeout: 60_000 }).toBeGreaterThan(2);
  expect(place.tetrad(...command).stderr).toMatch(/error\[ARGUMENT\]: finetune: another run is writing to bank-run.*process \d+/);
  child.kill("SIGKILL");
  await ended;
  for (const name of checkpoints()) expect(existsSync(join(place.path("bank-run"), name, "optimizer.safetensors")), name).toBe(true);
  const last = Math.max(...checkpoints().map((name) => Number(name.split("-")[1])));
  const shorter = command.map((word) => (word === "400" ? "401" : word));
  expect(place.tetrad(...shorter, "--resume").stderr).toMatch(/asked for otherwise.*epochs 401.*epochs 400/);
  const resumed = place.start(...command, "--resume");
  await expect.poll(() => Math.max(...checkpoints().map((name) => Number(name.split("-")[1]))), { timeout: 60_000 }).toBeGreaterThan(last);
  resumed.child.kill("SIGKILL");
  await resumed.ended;
});

test("a run goes on where it ran, whatever would be chosen now", async () => {
  const place = await prepared(`${YAML}save_steps: 1\nmax_steps: 2\n`);
  const run = (...more: string[]) => facts<{ placement: string }>(place, "finetune", "classify", "--config", "run.yaml", ...more);
  expect(run().placement).not.toMatch(/where the training began/);
  const { metadata } = readSafetensors(readFileSync(place.path("bank-run/checkpoint-1/optimizer.safetensors")));
  expect(metadata["backend"]).toBe("wasm");
  rmSync(place.path("bank-run/checkpoint-2"), { recursive: true });
  expect(run("--resume").placement).toMatch(/; where the training began$/);
});

test("a folder of somebody else's is refused before the training", async () => {
  const place = await prepared(YAML);
  place.write("bank/notes.txt", "mine");
  const { code, stderr } = place.tetrad("finetune", "classify", "--config", "run.yaml", "--epochs", "100000");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/error\[IO\]: write bank: the folder holds files that are not Tetrad's.*notes\.txt/),
  });
  expect(readdirSync(place.folder).filter((name) => name.startsWith("bank"))).toEqual(["bank"]);
});

test("what could not be written or measured at the end is refused before the training", async () => {
  const place = await prepared(YAML);
  const refused = (exitCode: number, message: RegExp, ...more: string[]) => {
    const { code, stderr } = place.tetrad("finetune", "classify", "--config", "run.yaml", "--epochs", "100000", ...more);
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringMatching(message) });
  };
  place.write("bank/config.json", "{}");
  place.write("bank/model.safetensors", "whole");
  refused(1, /error\[IO\]: write bank: a whole model is there/, "--peft", "lora");
  refused(2, /--r means nothing to this training.*got no --peft/, "--r", "4");
  place.write("bank/report.html", "mine");
  refused(1, /error\[IO\]: write bank: .*report\.html/);
  place.write("new.csv", "text,label\nhello,unseen\n");
  refused(1, /error\[DATA\]: new\.csv: .*got "unseen"/, "--test", "new.csv", "--out", "other");
  expect(readdirSync(place.folder).filter((name) => name.startsWith("other"))).toEqual([]);
});
