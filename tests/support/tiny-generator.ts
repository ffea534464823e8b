/** The goldens' tiny models as what text is written with; they have no tokenizer, so that a text is its tokens' numbers. */

import { readFileSync } from "node:fs";
import type { Engine, JsonObject, ParamSpecs } from "@tetrad/engine";
import {
  type Backbone,
  backboneOf,
  type CacheSize,
  cacheSpecs,
  causalLm,
  Decoder,
  encoderDecoderOf,
  type LanguageModel,
  matchWeights,
  type Params,
  readWeights,
  type TextGenerator,
  type Tokenizer,
} from "@tetrad/language";
import { PairDecoder, pairCacheSpecs } from "../../packages/language/src/generate/pair-decoder.js";
import { sharedPath } from "./shared.js";

export const numbersTokenizer = {
  encode: (text: string) => ({ ids: text.trim() === "" ? [] : text.trim().split(/ +/).map(Number) }),
  decode: (ids: readonly number[]) => ids.map((id) => `${id} `).join(""),
} as unknown as Tokenizer;

/** What a golden's tiny model is opened with. */
export interface TinyOptions {
  readonly ends?: readonly number[];
  readonly dtype?: "f32" | "f64";
}

const configOf = (name: string) => JSON.parse(readFileSync(sharedPath(`golden/${name}/config.json`), "utf8")) as JsonObject;

/** A store with a model's parameters and `states`. */
async function storeOf(
  engine: Engine,
  name: string,
  model: Pick<Backbone, "modelType" | "prefix" | "params">,
  states: ParamSpecs,
  dtype: "f32" | "f64" = "f32",
) {
  const file = await readWeights(sharedPath(`golden/${name}`));
  const { found } = matchWeights(model, model.params, file, { freshHead: false });
  const store = engine.store({ ...model.params, ...states }, { dtype });
  for (const [param, tensor] of found) store.set(param, file.read(tensor).data);
  return store;
}

/** @param name of a folder below ../shared/golden */
export async function tinyGenerator(
  engine: Engine,
  name: string,
  size: CacheSize,
  { ends = [], dtype }: TinyOptions = {},
): Promise<TextGenerator & { readonly decoder: Decoder }> {
  const backbone = backboneOf(configOf(name));
  const head = causalLm(backbone, name === "gpt2-tiny");
  const own = { ...size, context: Math.min(size.context, backbone.maxTokens) };
  const whole = { ...backbone, params: { ...backbone.params, ...head.params } };
  const store = await storeOf(engine, name, whole, cacheSpecs(backbone, own), dtype);
  const model = {
    config: {},
    backbone,
    head,
    store,
    tokenizer: numbersTokenizer,
    within: (all: Params) => all,
  } as unknown as LanguageModel;
  return { model, decoder: await Decoder.open(engine, model, own), ends: new Set(ends), defaults: {} };
}

/** T5's */
export async function tinyPair(engine: Engine, size: CacheSize, { ends = [], dtype }: TinyOptions = {}): Promise<TextGenerator> {
  const pair = encoderDecoderOf(configOf("t5-tiny"));
  const store = await storeOf(engine, "t5-tiny", pair, pairCacheSpecs(pair, size), dtype);
  const model = { head: { pair }, store, tokenizer: numbersTokenizer } as unknown as LanguageModel;
  return {
    model,
    decoder: await PairDecoder.open(engine, { store, head: { pair }, within: (all: Params) => all }, size),
    ends: new Set(ends),
    defaults: {},
  };
}
