/** A model whose weights stand still while an adapter's are trained. */

import {
  type ApplyContext,
  type Engine,
  type JsonObject,
  normalizeSpec,
  type ParamSpecs,
  type Shape,
  type StorableTensor,
  type Store,
  TetradError,
  type WideTensor,
  writeFolder,
} from "@tetrad/engine";
import { ADAPTER_FOLDER_FILES } from "../folder-files.js";
import type { Head } from "../heads/head.js";
import { ADAPTERS, type Backbone, BEHIND, type Params, VIRTUAL } from "../models/backbone.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { titled } from "../weights/match.js";
import { type AdapterFolder, adapterFiles } from "./folder.js";
import type { LayerValues, MakeMethod, PeftMethod, Values } from "./method.js";

export interface Adapted {
  readonly method: PeftMethod;
  /** The body with what the adapter puts before every sequence, for which it leaves room */
  readonly backbone: Backbone;
  /** Parameters of base, head and adapter; those that are not trained are states of the store, for which no gradient is computed. */
  readonly params: ParamSpecs;
  /** Parameters with the adapter's layers in place, for a trace. */
  within(params: Params, context: ApplyContext): Params;
}

/** @param fresh parameters that the base model's file has not */
export function adapt(backbone: Backbone, head: Head, make: MakeMethod, fresh: readonly string[] = []): Adapted {
  const method = make(backbone, fresh);
  const base = Object.entries({ ...backbone.params, ...head.params }).map(([name, spec]) => {
    return [name, { ...normalizeSpec(spec), state: !method.trains(name) }] as const;
  });
  const { virtual } = method;
  const tokens = virtual?.tokens ?? 0;
  if (tokens >= backbone.maxTokens) {
    throw new TetradError("ARGUMENT", {
      op: "peft",
      what: "virtual tokens leave no room for a text",
      got: `${tokens}`,
      expected: `fewer than the ${backbone.maxTokens} tokens that the model reads`,
    });
  }
  return {
    method,
    backbone: { ...backbone, maxTokens: backbone.maxTokens - tokens, ...(virtual?.as === "keys" && { virtualKeys: tokens }) },
    params: { ...Object.fromEntries(base), ...method.params },
    within: (params, context) => ({
      ...params,
      [ADAPTERS]: method.adapters(params, context),
      ...(method.behind !== undefined && { [BEHIND]: method.behind(params, context) }),
      ...(virtual !== undefined && { [VIRTUAL]: virtual.of(params) }),
    }),
  };
}

/** Trained parameters by their names: those of a store that are no states. */
export function trainedNames(store: Store): string[] {
  return store.layout.filter(({ state }) => !state).map(({ name }) => name);
}

/** `1,234 of 22,713,216 parameters are trained (0.01 %)` */
export function trainedShare(store: Store): string {
  const sum = (list: readonly { readonly size: number }[]) => list.reduce((total, { size }) => total + size, 0);
  const [some, all] = [sum(store.layout.filter(({ state }) => !state)), sum(store.layout)];
  const text = (n: number) => n.toLocaleString("en");
  return `${text(some)} of ${text(all)} parameters are trained (${((100 * some) / all).toPrecision(3)} %)`;
}

/** Sets what of a new adapter depends on the base model. */
export function initialiseAdapter(store: Store, method: PeftMethod, tokenizer?: Tokenizer): void {
  for (const [name, values] of method.initial((base) => store.get(base), tokenizer)) store.set(name, values);
}

export type WideData = WideTensor["data"];

/** What stands before the names of adapters' parameters where several take turns */
export const SWITCHED = "adapters.";

/** An adapter's values into the store. @param body as in `adapterValues` @throws TetradError FORMAT as `adapterValues` */
export function loadAdapter(store: Store, adapter: AdapterFolder, source: string, body = ""): void {
  const shapes = new Map(trainedNames(store).map((name) => [name, store.shape(name)]));
  for (const [name, data] of adapterValues(shapes, adapter, source, body)) store.set(name, data);
}

/**
 * An adapter's tensors by parameter.
 * @param shapes of the parameters that it must have, and no others
 * @param body as in `adapterFiles`: names may begin with it or not
 * @throws TetradError FORMAT for tensors that are missing, of another shape, or unknown
 */
export function adapterValues(
  shapes: ReadonlyMap<string, Shape>,
  { tensors, names: found }: AdapterFolder,
  source: string,
  body = "",
): Map<string, WideData> {
  const full = (name: string) => (!shapes.has(name) && shapes.has(`${body}${name}`) ? `${body}${name}` : name);
  const names = new Map([...found].map(([name, own]) => [full(name), own]));
  const wanted = [...shapes.keys()];
  const missing = wanted.filter((name) => !names.has(name));
  const unknown = [...names.keys()].filter((name) => !wanted.includes(name));
  const misshaped = wanted.filter((name) => {
    const shape = tensors.entries.get(names.get(name) ?? "")?.shape;
    return shape !== undefined && shape.join() !== shapes.get(name)?.join();
  });
  if (missing.length + unknown.length + misshaped.length > 0) {
    throw new TetradError("FORMAT", {
      op: source,
      what: "this adapter is not for this model",
      got: titled({ missing, "of another shape": misshaped, unknown }),
    });
  }
  return new Map(wanted.map((name) => [name, tensors.read(names.get(name) as string).data]));
}

/**
 * Writes what is trained, as Python's peft reads it, or for bottleneck adapters its `adapters`.
 * @param extra further files, by name
 * @param model config.json of the whole model, from which the latter take class and labels
 * @param body as in `adapterFiles`
 * @throws TetradError IO, also for a folder with other files: a whole model's weights would be read in the adapter's place
 */
export async function saveAdapter(
  store: Store,
  method: PeftMethod,
  folder: string,
  extra: Readonly<Record<string, Uint8Array | string>> = {},
  model: JsonObject = {},
  body = "",
): Promise<void> {
  await store.pull();
  const layers = new Set(method.merges);
  // peft has an adapted layer's own offset under another name.
  const named = (name: string) => {
    const layer = name.replace(/\.bias$/, "");
    return layer !== name && layers.has(layer) ? `${layer}.base_layer.bias` : name;
  };
  const saved = method.saved?.((name) => store.get(name)) ?? new Map<string, StorableTensor>();
  const kept = trainedNames(store).filter((name) => saved.size === 0 || !Object.hasOwn(method.params, name));
  const tensors = new Map<string, StorableTensor>([
    ...kept.map((name) => [named(name), { shape: store.shape(name), data: store.get(name) }] as const),
    ...saved,
  ]);
  const own = method.files?.(tensors, model) ?? adapterFiles(method.config, tensors, body);
  await writeFolder(folder, { ...extra, ...own }, ADAPTER_FOLDER_FILES);
}

/** @throws TetradError UNSUPPORTED for a method whose work weights alone cannot do */
export function checkMerge({ merges, config }: PeftMethod): void {
  if (merges.length > 0) return;
  throw new TetradError("UNSUPPORTED", {
    op: "merge",
    what: "this adapter cannot be merged: no weights of the base model do what it does",
    got: `${config["peft_type"] ?? "bottleneck adapters"}`,
    expected: "LORA (with DoRA), IA3",
    hint: "keep the adapter's folder beside its base model",
  });
}

/** Numbers that stand in the place of the store's, by parameter */
type Exact = ReadonlyMap<string, Values>;

/**
 * Weights and offsets of the adapted layers with the adapter's share in them, in float64, by parameter name; the store is left as it is.
 * @throws TetradError UNSUPPORTED as `checkMerge`
 */
export function mergedWeights(store: Store, method: PeftMethod, exact: Exact = new Map()): Map<string, Values> {
  const names = new Set(store.names);
  return mergedValues(method, (name) => exact.get(name) ?? (names.has(name) ? store.get(name) : undefined));
}

/** As `mergedWeights`, of values by their names. */
export function mergedValues(method: PeftMethod, of: (name: string) => Values | undefined): Map<string, Values> {
  checkMerge(method);
  const merged = new Map<string, Values>();
  for (const layer of method.merges) {
    const base: LayerValues = { weight: of(`${layer}.weight`) as Values, bias: of(`${layer}.bias`) };
    const values = method.merged(layer, base, (name) => of(name) as Values);
    merged.set(`${layer}.weight`, values.weight);
    if (values.bias !== undefined) merged.set(`${layer}.bias`, values.bias);
  }
  return merged;
}

/** A store with plain layers that does what base and adapter do together: for saving, and for inference without the adapter's products. */
export function mergedStore(engine: Engine, store: Store, method: PeftMethod, params: ParamSpecs, exact: Exact = new Map()): Store {
  const merged = mergedWeights(store, method, exact);
  const own = engine.store(
    Object.fromEntries(Object.entries(params).map(([name, spec]) => [name, { ...normalizeSpec(spec), init: "zeros" as const }])),
    { dtype: store.dtype },
  );
  for (const name of own.names) own.set(name, merged.get(name) ?? exact.get(name) ?? store.get(name));
  return own;
}
