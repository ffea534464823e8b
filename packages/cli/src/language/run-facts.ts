/** What the files of a fine-tuned folder say of its training: the Trainer's state and results, and the card. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type JsonObject, parseJsonObject, RESULTS_FILE, readBytes } from "@tetrad/engine";
import { defined } from "../defined.js";
import { readCard } from "./card.js";

const STATE = "trainer_state.json";

export interface RunFacts {
  readonly folder: string;
  /** In the Hub's words, or the architecture */
  readonly task?: string;
  readonly base?: string;
  readonly data?: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly trainLoss?: number;
  readonly trainSeconds?: number;
  /** Of the last measurement, by names like `accuracy` and `f1` */
  readonly figures: Readonly<Record<string, number>>;
  readonly measuredOn?: string;
  readonly recipe: Readonly<Record<string, string>>;
}

/** A folder with a model whose training left its state. @throws TetradError FORMAT for a file that is no JSON object */
export async function readRun(folder: string): Promise<RunFacts> {
  const names = await readdir(folder);
  const json = async (name: string): Promise<JsonObject> => {
    const path = join(folder, name);
    return names.includes(name) ? parseJsonObject(await readBytes(path), path) : {};
  };
  const [config, adapter, state, results] = [
    await json("config.json"),
    await json("adapter_config.json"),
    await json(STATE),
    await json(RESULTS_FILE),
  ];
  const card = readCard(names.includes("README.md") ? new TextDecoder().decode(await readBytes(join(folder, "README.md"))) : "");
  const history = Array.isArray(state["log_history"]) ? (state["log_history"] as readonly JsonObject[]) : [];
  const figures = figuresIn(results);
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const found = {
    task: card.task ?? text((config["architectures"] as readonly unknown[] | undefined)?.[0]) ?? text(adapter["task_type"]),
    base: card.base ?? text(adapter["base_model_name_or_path"]) ?? text(config["_name_or_path"]),
    data: card.data,
    epochs: number(state["epoch"]),
    steps: number(state["global_step"]),
    batchSize: number(state["train_batch_size"]),
    trainLoss: number(results["train_loss"]),
    trainSeconds: number(results["train_runtime"]),
    measuredOn: card.measuredOn,
  };
  return {
    folder,
    ...defined(found),
    figures:
      Object.keys(figures).length > 0 ? figures : figuresIn(history.findLast((entry) => Object.keys(figuresIn(entry)).length > 0) ?? {}),
    recipe: card.recipe,
  };
}

function figuresIn(entry: JsonObject): Record<string, number> {
  return Object.fromEntries(
    Object.entries(entry).flatMap(([name, value]) =>
      name.startsWith("eval_") && typeof value === "number" ? [[name.slice(5), value]] : [],
    ),
  );
}

/** Fine-tuned folders in a folder and below it, it among them; not the checkpoints that runs keep. */
export async function findRuns(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map(({ name }) => name);
  const own = names.includes(STATE) && (names.includes("config.json") || names.includes("adapter_config.json")) ? [folder] : [];
  const within = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules" && !/^checkpoint-\d+$/.test(entry.name),
  );
  const below = await Promise.all(within.map(({ name }) => findRuns(join(folder, name))));
  return [...own, ...below.flat()].sort();
}
