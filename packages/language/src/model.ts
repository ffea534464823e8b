/** A model's folder as Hugging Face lays it out: configuration, weights and tokenizer, opened and written. */

import {
  type ApplyContext,
  didYouMean,
  type Engine,
  type FileContent,
  type JsonObject,
  modelFiles,
  normalizeSpec,
  type ParamSpecs,
  parseJsonObject,
  readBytes,
  type StorableTensor,
  type Store,
  TetradError,
  writeFolder,
} from "@tetrad/engine";
import { FOLDER_FILES } from "./folder-files.js";
import type { Head } from "./heads/head.js";
import type { Backbone, Params } from "./models/backbone.js";
import { backboneOf } from "./models/index.js";
import { type Adapted, adapt, checkMerge, initialiseAdapter, loadAdapter, mergedStore, SWITCHED, saveAdapter } from "./peft/adapt.js";
import { type AdapterFolder, baseFolder, configWithHead, readAdapter } from "./peft/folder.js";
import type { MakeMethod, Values } from "./peft/method.js";
import { isModuleOf } from "./peft/targets.js";
import { Tokenizer } from "./tokenizer/tokenizer.js";
import type { Llama2c } from "./weights/llama2c.js";
import { type Match, matchWeights } from "./weights/match.js";
import { optional, readWeights, type WeightFile } from "./weights/read.js";
import { type StorageOptions, storedWeights } from "./weights/storage.js";

export interface LanguageModel {
  readonly config: JsonObject;
  readonly backbone: Backbone;
  readonly head: Head;
  /** Parameters under PyTorch's names */
  readonly store: Store;
  readonly tokenizer: Tokenizer;
  /** Which parameters are new, and which tensors of the file nothing uses. */
  readonly weights: Match;
  /** Where an adapter is trained and the rest stands still */
  readonly adapted?: Adapted | undefined;
  /** The same model as it is without its adapter, but for modules that are trained whole with that */
  readonly unadapted?: LanguageModel | undefined;
  /** The file's own numbers of layers that were rounded when they were loaded (`quantize`), by parameter; read anew, for they are not kept */
  readonly exact?: () => Promise<ReadonlyMap<string, Values>>;
  /** Names in the store of parameters that files call otherwise: of a head that is one of several over a backbone */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Parameters of a trace with the adapter's layers in place, if there is one */
  within(params: Params, context: ApplyContext): Params;
}

export interface OpenOptions extends StorageOptions {
  /** The body that config.json describes, where it is not one of `MODEL_TYPES` */
  readonly bodyOf?: (config: JsonObject, source: string) => Backbone;
  /** Lets the head be new: a model that is to be fine-tuned. Else the folder must have it. */
  readonly freshHead?: boolean;
  /** Of new parameters. */
  readonly seed?: number;
  /** Modules whose parameters are not trained: `embeddings`, `encoder.layer.0` */
  readonly freeze?: readonly string[] | undefined;
  /** A new adapter, which alone is trained; an adapter's folder brings its own. */
  readonly peft?: MakeMethod | undefined;
  /** States that programs over the model need besides: a cache of keys and values */
  readonly states?: (backbone: Backbone, config: JsonObject) => ParamSpecs;
  /** Name of a GGUF file of the folder, in the place of its safetensors */
  readonly gguf?: string;
  /** Where an adapter's base model is, if not where its adapter_config.json says */
  readonly base?: string;
}

/** The folder's config.json. @throws TetradError IO, FORMAT */
export async function readConfig(folder: string): Promise<JsonObject> {
  return parseJsonObject(await readBytes(`${folder}/config.json`), `${folder}/config.json`);
}

/** The folder of the whole model: an adapter's base, which may be told. */
export async function wholeModel(folder: string, base?: string): Promise<string> {
  const adapter = await adapterOf(folder);
  return adapter === undefined ? folder : (base ?? baseFolder(adapter, folder));
}

/** config.json of a model's folder; of an adapter's, which peft writes without one, its base model's, which may be told. @throws TetradError IO, FORMAT */
export async function configOf(folder: string, base?: string): Promise<JsonObject> {
  const adapter = await adapterOf(folder);
  if (adapter === undefined) return readConfig(folder);
  return (await adapter.modelConfig()) ?? configWithHead(await readConfig(base ?? baseFolder(adapter, folder)), adapter);
}

/**
 * @param folder a model's, or an adapter's whose adapter_config.json names the folder of its base model; or a checkpoint of llama2.c, `stories15M.bin`, with its
 * tokenizer beside it
 * @param headOf the head for the task at hand
 * @throws TetradError IO for a missing folder or file, FORMAT for damaged ones and for weights of another model, UNSUPPORTED for a model that is not built,
 * DATA for a tokenizer of another vocabulary
 */
export async function openModel(
  engine: Engine,
  folder: string,
  headOf: (backbone: Backbone, config: JsonObject) => Head,
  { bodyOf = backboneOf, freshHead = false, seed = 0, freeze = [], peft, states, gguf, base: given, ...storage }: OpenOptions = {},
): Promise<LanguageModel> {
  const adapter = await adapterOf(folder);
  const base = adapter === undefined ? folder : (given ?? baseFolder(adapter, folder));
  const { config: own, tokenizer, file } = await partsOf(base, gguf);
  const config = (await adapter?.modelConfig()) ?? (adapter === undefined ? own : configWithHead(own, adapter));
  const backbone = bodyOf(config, `${base}/config.json`);
  const head = headOf(backbone, config);
  checkVocabulary(tokenizer, backbone, base);
  const plain = { ...backbone.params, ...head.params };
  const weights = matchWeights(backbone, plain, file, { freshHead: freshHead || adapter !== undefined });
  const make = adapter?.method ?? peft;
  // An adapter's folder says itself what it brings.
  const fresh = adapter === undefined ? weights.fresh.filter((name) => head.loose?.includes(name) !== true) : [];
  const adapted = make === undefined ? undefined : adapt(backbone, head, make, fresh);
  checkModules(freeze, Object.keys(plain));
  const params = adapted?.params ?? plain;
  const stored = storedWeights({ backbone, head, adapted: adapted !== undefined }, params, weights, file, storage);
  const specs = Object.entries({ ...params, ...states?.(adapted?.backbone ?? backbone, config) }).map(([name, spec]) => {
    const full = { ...normalizeSpec(spec), ...(isModuleOf(name, freeze) && { state: true }) };
    const kept = stored.get(name);
    if (kept !== undefined) return [name, { ...full, storage: kept.storage }] as const;
    // What the file brings needs no random numbers first.
    return [name, weights.found.has(name) ? { ...full, init: "zeros" as const } : full] as const;
  });
  const store = engine.store(Object.fromEntries(specs), { seed });
  for (const [name, tensor] of weights.found) store.set(name, stored.get(name)?.bytes() ?? file.read(tensor).data);
  const exact = storage.quantize === undefined ? {} : { exact: () => exactLayers(store, weights, base, gguf) };
  const plainModel = { config, backbone, head, store, tokenizer, weights, within: (given: Params) => given, ...exact };
  if (adapted === undefined) return plainModel;
  if (adapter === undefined) initialiseAdapter(store, adapted.method, tokenizer);
  else loadAdapter(store, adapter, folder, backbone.prefix);
  return adaptedModel(plainModel, adapted);
}

/** The file's numbers of matrices that the store keeps as panels. @throws TetradError IO, FORMAT */
async function exactLayers(store: Store, { found }: Match, base: string, gguf: string | undefined): Promise<Map<string, Values>> {
  const file = await weightsOf(base, gguf);
  const names = store.layout.flatMap(({ name, stored }) => (stored?.layout === "panels" ? [name] : []));
  return new Map(names.map((name) => [name, file.read(found.get(name) as string).data as Values]));
}

/** A model as its adapter makes it: its layers, and what stands before every text. */
export function adaptedModel(model: LanguageModel, adapted: Adapted): LanguageModel {
  const { virtual } = adapted.method;
  return {
    ...model,
    backbone: adapted.backbone,
    tokenizer: virtual?.as === "words" ? model.tokenizer.prompted(virtual.tokens) : model.tokenizer,
    adapted,
    unadapted: model,
    within: adapted.within,
  };
}

/** @throws TetradError ARGUMENT for a name that no module has */
function checkModules(names: readonly string[], parameters: readonly string[]): void {
  const unknown = names.find((name) => !parameters.some((parameter) => isModuleOf(parameter, [name])));
  if (unknown === undefined) return;
  const modules = [...new Set(parameters.flatMap((parameter) => parameter.split(".").slice(0, -1)))].filter((part) => !/^\d+$/.test(part));
  throw new TetradError("ARGUMENT", {
    op: "freeze",
    what: "the model has no such module",
    got: unknown,
    expected: modules.join(", "),
    hint: didYouMean(unknown, modules),
  });
}

/** @throws TetradError DATA for a tokenizer with tokens that the model has no rows for */
export function checkVocabulary({ size }: Tokenizer, { vocabulary }: Backbone, op: string): void {
  if (size <= vocabulary) return;
  throw new TetradError("DATA", {
    op,
    what: "tokenizer and model have different vocabularies",
    got: `a tokenizer of ${size} tokens`,
    expected: `at most ${vocabulary}, the rows of the model's embeddings`,
    hint: "they belong to two models",
  });
}

/** Configuration, tokenizer and weights of a folder, or of a checkpoint of llama2.c. */
async function partsOf(base: string, gguf: string | undefined): Promise<Llama2c> {
  if (base.endsWith(".bin")) return (await import("./weights/llama2c.js")).openLlama2c(base);
  return { config: await readConfig(base), tokenizer: await Tokenizer.load(base), file: await readWeights(base, gguf) };
}

/** Weights of a folder, or of a checkpoint of llama2.c. */
export async function weightsOf(base: string, gguf: string | undefined): Promise<WeightFile> {
  return base.endsWith(".bin") ? (await partsOf(base, gguf)).file : readWeights(base, gguf);
}

/** The folder's adapter, if it is an adapter's. */
async function adapterOf(folder: string): Promise<AdapterFolder | undefined> {
  return (await optional(`${folder}/adapter_config.json`)) === undefined ? undefined : readAdapter(folder);
}

/**
 * Writes the folder as transformers reads it; of a model with an adapter the adapter alone, as peft reads it, which leaves the config.json beside it to us: it names
 * what the head makes.
 * @param changes fields of config.json that training decided
 * @param extra further files, by name
 * @throws TetradError IO
 */
export async function saveModel(
  model: LanguageModel,
  path: string,
  changes: JsonObject = {},
  extra: Readonly<Record<string, FileContent>> = {},
): Promise<void> {
  const { store, tokenizer, adapted, backbone, head } = model;
  if (store.names.some((name) => name.startsWith(SWITCHED))) {
    throw new TetradError("UNSUPPORTED", {
      op: "saveModel",
      what: "adapters that take turns are not written",
      hint: "each has the folder that it was read from; to merge one, open its folder alone",
    });
  }
  if (adapted === undefined) return writeFolder(path, await filesOf(model, changes, extra), FOLDER_FILES);
  const written = configFor(model, changes);
  const described = { ...tokenizer.files, "config.json": `${JSON.stringify(written, null, 2)}\n`, ...extra };
  return saveAdapter(store, adapted.method, path, described, written, head.isBody === true ? backbone.prefix : "");
}

/** What `saveModel` writes of a model without an adapter, by name. */
export async function filesOf(
  model: LanguageModel,
  changes: JsonObject,
  extra: Readonly<Record<string, FileContent>>,
): Promise<Readonly<Record<string, FileContent>>> {
  const { backbone, head, store, tokenizer, aliases = {} } = model;
  await store.pull();
  const tensors = new Map(
    Object.keys({ ...backbone.params, ...head.params }).map((name) => {
      const own = aliases[name] ?? name;
      return [name, { shape: store.shape(own), data: store.get(own) } satisfies StorableTensor] as const;
    }),
  );
  return modelFiles(configFor(model, changes), tensors, { format: "pt" }, { ...tokenizer.files, ...extra });
}

function configFor({ config, head }: LanguageModel, changes: JsonObject): JsonObject {
  // Of T5's new weights only; transformers refuses the 1 that JSON has for its 1.0.
  const { torch_dtype: _, _name_or_path: __, initializer_factor: ___, ...kept } = config;
  return { ...kept, architectures: [head.architecture], dtype: "float32", ...changes };
}

/**
 * The model without its adapter, whose share is added to the weights, of rounded layers to their file's own; as it is where it has none.
 * @throws TetradError UNSUPPORTED as `checkMerge`; IO, FORMAT where the file cannot be read again
 */
export async function mergedModel(engine: Engine, model: LanguageModel): Promise<LanguageModel> {
  const { exact, ...rest } = model;
  const { adapted, backbone, head, store } = rest;
  if (adapted === undefined) return model;
  checkMerge(adapted.method);
  const merged = mergedStore(engine, store, adapted.method, { ...backbone.params, ...head.params }, await exact?.());
  return { ...rest, store: merged, adapted: undefined, unadapted: undefined, within: (params) => params };
}
