/** A model's folder as Hugging Face lays it out: configuration, weights and tokenizer, opened and written. */

import {
  type Engine,
  type JsonObject,
  type ParamSpecs,
  readBytes,
  type StorableTensor,
  type Store,
  TetradError,
  writeModelFolder,
} from "@tetrad/engine";
import type { Head } from "./heads/head.js";
import type { Backbone } from "./models/backbone.js";
import { backboneOf } from "./models/index.js";
import { Tokenizer } from "./tokenizer/tokenizer.js";
import { type Match, matchWeights } from "./weights/match.js";
import { parseJson, readWeights } from "./weights/read.js";

export interface LanguageModel {
  readonly config: JsonObject;
  readonly backbone: Backbone;
  readonly head: Head;
  /** Parameters under PyTorch's names */
  readonly store: Store;
  readonly tokenizer: Tokenizer;
  /** Which parameters are new, and which tensors of the file nothing uses. */
  readonly weights: Match;
}

export interface OpenOptions {
  /** Lets the head be new: a model that is to be fine-tuned. Else the folder must have it. */
  readonly freshHead?: boolean;
  /** Of new parameters. */
  readonly seed?: number;
}

/** The folder's config.json. @throws TetradError IO, FORMAT */
export async function readConfig(folder: string): Promise<JsonObject> {
  return parseJson(await readBytes(`${folder}/config.json`), `${folder}/config.json`);
}

/**
 * @param headOf the head for the task at hand
 * @throws TetradError IO for a missing folder or file, FORMAT for damaged ones and for weights of another model, UNSUPPORTED for a model that is not built,
 * DATA for a tokenizer of another vocabulary
 */
export async function openModel(
  engine: Engine,
  folder: string,
  headOf: (backbone: Backbone, config: JsonObject) => Head,
  { freshHead = false, seed = 0 }: OpenOptions = {},
): Promise<LanguageModel> {
  const config = await readConfig(folder);
  const backbone = backboneOf(config, `${folder}/config.json`);
  const head = headOf(backbone, config);
  const tokenizer = await Tokenizer.load(folder);
  if (tokenizer.size > backbone.vocabulary) {
    throw new TetradError("DATA", {
      op: folder,
      what: "tokenizer and model have different vocabularies",
      got: `a tokenizer of ${tokenizer.size} tokens`,
      expected: `at most ${backbone.vocabulary}, the rows of the model's embeddings`,
      hint: "the folder mixes files of two models",
    });
  }
  const params: ParamSpecs = { ...backbone.params, ...head.params };
  const file = await readWeights(folder);
  const weights = matchWeights(backbone, params, file, { freshHead });
  // What the file brings needs no random numbers first.
  const specs = Object.entries(params).map(([name, spec]) => {
    const full = "shape" in spec ? spec : { shape: spec };
    return [name, weights.found.has(name) ? { ...full, init: "zeros" as const } : full] as const;
  });
  const store = engine.store(Object.fromEntries(specs), { seed });
  for (const [name, tensor] of weights.found) store.set(name, file.read(tensor).data);
  return { config, backbone, head, store, tokenizer, weights };
}

/**
 * Writes the folder whole, as transformers reads it.
 * @param changes fields of config.json that training decided
 * @param extra further files, by name
 * @throws TetradError IO
 */
export async function saveModel(
  { config, head, store, tokenizer }: LanguageModel,
  path: string,
  changes: JsonObject = {},
  extra: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<void> {
  await store.pull();
  const tensors = new Map<string, StorableTensor>(
    store.names.map((name) => [name, { shape: store.shape(name), data: store.get(name) }] as const),
  );
  const { torch_dtype: _, _name_or_path: __, ...kept } = config;
  const written = { ...kept, architectures: [head.architecture], dtype: "float32", ...changes };
  await writeModelFolder(path, written, tensors, { format: "pt" }, { ...tokenizer.files, ...extra });
}
