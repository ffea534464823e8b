// Small encoders of random weights with every head, and what ours makes of packed rows, for other programs to be held against on padded ones.
import { readFileSync } from "node:fs";
import type { Engine, JsonObject, Store } from "@tetrad/engine";
import {
  type Backbone,
  backboneOf,
  type Head,
  questionAnswering,
  sequenceClassification,
  type TokenBatch,
  tokenClassification,
} from "@tetrad/language";
import { pack, rowsOf, specsOf, tensors } from "./language-golden.js";
import { sharedPath } from "./shared.js";

/** Folders below ../shared/golden whose configuration and rows are taken. */
export const ENCODERS = ["bert-tiny", "distilbert-tiny", "roberta-tiny"];

export const HEADS = {
  "text-classification": (backbone: Backbone) => sequenceClassification(backbone, 4),
  "token-classification": (backbone: Backbone) => tokenClassification(backbone, 3),
  "question-answering": questionAnswering,
} as const;
export type HeadTask = keyof typeof HEADS;

export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface RandomEncoder {
  readonly config: JsonObject;
  readonly backbone: Backbone;
  readonly head: Head;
  readonly store: Store;
  /** By transformers' names of outputs: one row a text, or one a token that is real */
  readonly outputs: Readonly<Record<string, ArrayLike<number>>>;
  /** The same rows of a padded output */
  rowsOf(padded: Values): ArrayLike<number>;
}

/** @param changes of the golden's config.json */
export async function randomEncoder(engine: Engine, folder: string, task: HeadTask, changes: JsonObject = {}): Promise<RandomEncoder> {
  const config = { ...goldenConfig(folder), ...changes };
  const backbone = backboneOf(config);
  const head: Head = HEADS[task](backbone);
  const store = engine.store({ ...backbone.params, ...head.params }, { dtype: "f64", seed: 5 });
  for (const name of store.names) store.set(name, noise(store, name));
  const labels = folder === "bert-tiny" ? "sequence_labels" : "labels";
  const { batch, kept } = pack({ folder, labels: { name: labels, per: "sequence" } }, false);
  const program = await engine.compileWith(store, specsOf(batch), (weights, inputs) => {
    const tokens = inputs as unknown as TokenBatch;
    return head.outputs(weights, backbone.states(weights, tokens, { training: false }), tokens, { training: false });
  });
  const named = Object.entries(await program.call(batch)).map(([name, data]) => [name === "logits" ? name : `${name}_logits`, [...data]]);
  program.close();
  const rows = ({ data, shape }: Values) => (task === "text-classification" ? data : rowsOf(data, kept, shape[2] ?? 1));
  return { config, backbone, head, store, outputs: Object.fromEntries(named), rowsOf: rows };
}

/** Exact in float32, and larger than what models begin with, so that activations are far from linear. */
function noise(store: Store, name: string): Float32Array {
  return Float32Array.from(store.get(name), (x, i) => 4 * x + (x === 0 ? 0.3 * Math.sin(i) : 0));
}

export function goldenConfig(folder: string): JsonObject {
  return JSON.parse(readFileSync(sharedPath(`golden/${folder}/config.json`), "utf8")) as JsonObject;
}

/** The padded rows of a golden, (rows, length) each. */
export function paddedInputs(folder: string): ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Int32Array }> {
  const all = tensors(`golden/${folder}/inputs.safetensors`);
  const kept = [...all].filter(([name]) => ["input_ids", "attention_mask", "token_type_ids"].includes(name));
  return new Map(kept.map(([name, { shape, data }]) => [name, { shape, data: data as Int32Array }]));
}
