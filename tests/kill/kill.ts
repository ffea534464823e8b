// Kills a fine-tuning run that saves at every step again and again, some of the times between writing a checkpoint and giving it its name, and checks each time that the
// last checkpoint is whole; at the end `--resume` must give the bits of a run that nobody killed. Takes minutes: npm run build && npx node tests/kill/kill.ts [--kills 50] [--seed 0] [--keep]
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createEngine, writeModelFolder } from "@tetrad/engine";
import { backboneOf, classify, openClassifier, readRunState, trainWordPiece } from "@tetrad/language";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "50" }, seed: { type: "string", default: "0" }, keep: { type: "boolean", default: false } },
});
const KILLS = Number(values.kills);
/** Of all kills, those that are to fall between writing and renaming at least. */
const BETWEEN = Math.ceil(KILLS / 5);
const EPOCHS = 40;

const bin = fileURLToPath(new URL("../../packages/cli/dist/bin.js", import.meta.url));
const isWhole = (name: string): boolean => /^\.checkpoint-\d+\.tmp$/.test(name);

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}
interface Killed {
  readonly killed: boolean;
}

const place = mkdtempSync(join(tmpdir(), "tetrad-kill-"));
const random = generator(Number(values.seed));
let failed = 0;

await makeModel(join(place, "tiny"));
const sentences = ["the card is stuck", "what is a euro worth"];
const rows = Array.from({ length: 24 }, (_, i) => `${sentences[i % 2]}${" now".repeat(i % 5)},${["card", "rate"][i % 2]}`);
writeFileSync(join(place, "train.csv"), `text,label\n${rows.join("\n")}\n`);

const begin = performance.now();
const reference = await run("whole");
if (reference.code !== 0) throw new Error(`the run that nobody kills fails: ${reference.stderr}`);
const wanted = sha256(join(place, "whole/model.safetensors"));
const seconds = (performance.now() - begin) / 1000;
console.log(`a run of its own takes ${seconds.toFixed(1)} s and ends with ${wanted.slice(0, 12)}`);

let [kills, writing, between, finished, resumed] = [0, 0, 0, 0, 0];
while (kills < KILLS) {
  const before = lastStep();
  const wait = random() < 0.5;
  const stale = halves();
  const { child, ended } = start("killed", before > 0);
  const after = await (wait ? untilWritten(child, random() < 0.6) : untilMoment(child, seconds));
  const { code, stderr } = await ended;
  if (code === 0) {
    // It was through before it was killed.
    finished++;
    check(sha256(join(place, "killed/model.safetensors")) === wanted, "a run that was resumed ends with other bits");
    rmSync(join(place, "killed"), { recursive: true });
    rmSync(join(place, "killed-run"), { recursive: true });
    continue;
  }
  check(after.killed, `the run fails by itself: ${stderr}`);
  if (!after.killed) break;
  kills++;
  if (before > 0) resumed++;
  // What an earlier kill left is there until a run is far enough to clear it.
  const half = wait || stale.length === 0 ? halves() : [];
  if (half.some(isWhole)) between++;
  else if (half.length > 0) writing++;
  const last = lastStep();
  check(last >= before, `the checkpoint of step ${before} is gone, ${last} is the last one`);
  if (last > 0) await checkCheckpoint(join(place, `killed-run/checkpoint-${last}`), last);
  console.log(`kill ${kills}: step ${before} → ${last}${half.length > 0 ? `, left: ${half.join(", ")}` : ""}`);
}
if (lastStep() > 0 || existsSync(join(place, "killed-run"))) {
  const { code, stderr } = await run("killed", lastStep() > 0);
  check(code === 0, `resuming fails: ${stderr}`);
  check(code === 0 && sha256(join(place, "killed/model.safetensors")) === wanted, "the last run ends with other bits");
  const left = readdirSync(place).filter((name) => name.endsWith(".tmp") || name.endsWith(".previous"));
  check(left.length === 0, `something is left beside the model: ${left.join(", ")}`);
  check(!readdirSync(join(place, "killed-run")).some((name) => name.startsWith(".")), "something is left in the run's folder");
}
check(between >= BETWEEN, `only ${between} kills fell between writing and renaming`);
console.log(
  `${kills} kills, ${writing} of them while a checkpoint was written, ${between} between its writing and its renaming, ${resumed} of resumed runs; ${finished} runs were through before; ${failed} faults; ${((performance.now() - begin) / 1000).toFixed(0)} s`,
);
if (!values.keep) rmSync(place, { recursive: true, force: true });
process.exit(failed === 0 && between >= BETWEEN ? 0 : 1);

/** A BERT of random weights, small enough that a step is nothing beside saving it. */
async function makeModel(folder: string): Promise<void> {
  const tokenizer = trainWordPiece(["the card is stuck now", "what is a euro worth now"], { vocabSize: 60 });
  const config = {
    ...{ model_type: "bert", architectures: ["BertModel"], vocab_size: 60, hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 4 },
    ...{ intermediate_size: 48, max_position_embeddings: 64, type_vocab_size: 2, initializer_range: 0.3, layer_norm_eps: 1e-12 },
    ...{ hidden_act: "gelu", hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1, pad_token_id: 0 },
  };
  const engine = await createEngine({ backend: "wasm" });
  const store = engine.store(backboneOf(config).params, { seed: 7 });
  mkdirSync(folder, { recursive: true });
  const tensors = new Map(store.names.map((name) => [name, { shape: store.shape(name), data: store.get(name) }]));
  await writeModelFolder(folder, config, tensors, { format: "pt" });
  await tokenizer.save(folder);
  await engine.close();
}

function start(out: string, resume: boolean) {
  const options = {
    model: "tiny",
    train: "train.csv",
    epochs: EPOCHS,
    "batch-size": 6,
    "learning-rate": 1e-3,
    "save-steps": 1,
    "save-total-limit": 3,
  };
  const args = Object.entries({ ...options, out }).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const child = spawn(process.execPath, [bin, "finetune", "classify", ...args, "--quiet", ...(resume ? ["--resume"] : [])], { cwd: place });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  child.stdout.resume();
  return { child, ended: new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stderr }))) };
}

function run(out: string, resume = false): Promise<Ended> {
  return start(out, resume).ended;
}

/** Kills at some moment of what a run takes. */
async function untilMoment(child: ChildProcess, most: number): Promise<Killed> {
  const over = new AbortController();
  child.once("exit", () => over.abort());
  await sleep(random() * most * 1000, undefined, { signal: over.signal }).catch(() => undefined);
  return { killed: child.exitCode === null && child.kill("SIGKILL") };
}

/** Holds a run whenever a checkpoint is being written or is written and has not got its name, and kills it then. @param whole only when all of it is written */
async function untilWritten(child: ChildProcess, whole: boolean): Promise<Killed> {
  let skip = Math.floor(random() * 6);
  let seen = false;
  while (child.exitCode === null && halves().length > 0) await sleep(0);
  while (child.exitCode === null) {
    child.kill("SIGSTOP");
    const [half] = halves();
    if (half !== undefined && !seen && skip-- <= 0) seen = true;
    if (half === undefined && skip >= 0) seen = false;
    if (seen && half !== undefined && (!whole || isWhole(half))) return { killed: child.exitCode === null && child.kill("SIGKILL") };
    child.kill("SIGCONT");
    await sleep(0);
  }
  return { killed: false };
}

/** What is left of checkpoints that have not got their names, and whether all of one was written. */
function halves(): string[] {
  const folder = join(place, "killed-run");
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\.+checkpoint-\d+\.tmp/.test(name)) : [];
}

function lastStep(): number {
  const folder = join(place, "killed-run");
  if (!existsSync(folder)) return 0;
  return Math.max(0, ...readdirSync(folder).flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.slice(1).map(Number) ?? []));
}

/** A model that opens and answers, and a state of the step that its name says. */
async function checkCheckpoint(folder: string, step: number): Promise<void> {
  try {
    const { state } = await readRunState(folder);
    check(state.training.step === step && state.training.losses.length === step, `${folder} is of step ${state.training.step}`);
    const engine = await createEngine({ backend: "wasm", threads: 1 });
    try {
      const [answer] = await classify(engine, await openClassifier(engine, folder), ["the card is stuck"]);
      check(["card", "rate"].includes(answer?.label ?? ""), `${folder} says ${answer?.label}`);
    } finally {
      await engine.close();
    }
  } catch (error) {
    check(false, `${folder} is damaged: ${(error as Error).message}`);
  }
}

function check(right: boolean, what: string): void {
  if (right) return;
  failed++;
  console.error(`FAULT: ${what}`);
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Numbers from 0 to 1 by mulberry32, so that a seed gives the same moments. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
