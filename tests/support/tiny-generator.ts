/** The goldens' tiny models as what text is written with; they have no tokenizer, so that a text is its tokens' numbers. */

import { readFileSync } from "node:fs";
import type { Engine, JsonObject } from "@tetrad/engine";
import {
  backboneOf,
  type CacheSize,
  cacheSpecs,
  causalLm,
  Decoder,
  type LanguageModel,
  matchWeights,
  type Params,
  readWeights,
  type TextGenerator,
  type Tokenizer,
} from "@tetrad/language";
import { sharedPath } from "./shared.js";

export const numbersTokenizer = {
  encode: (text: string) => ({ ids: text.trim() === "" ? [] : text.trim().split(/ +/).map(Number) }),
  decode: (ids: readonly number[]) => ids.map((id) => `${id} `).join(""),
} as unknown as Tokenizer;

/** @param name of a folder below ../shared/golden */
export async function tinyGenerator(
  engine: Engine,
  name: string,
  size: CacheSize,
  { ends = [], dtype = "f32" }: { readonly ends?: readonly number[]; readonly dtype?: "f32" | "f64" } = {},
): Promise<TextGenerator & { readonly decoder: Decoder }> {
  const folder = sharedPath(`golden/${name}`);
  const backbone = backboneOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
  const head = causalLm(backbone, name === "gpt2-tiny");
  const params = { ...backbone.params, ...head.params };
  const file = await readWeights(folder);
  const { found } = matchWeights(backbone, params, file, { freshHead: false });
  const own = { ...size, context: Math.min(size.context, backbone.maxTokens) };
  const store = engine.store({ ...params, ...cacheSpecs(backbone, own) }, { dtype });
  for (const [param, tensor] of found) store.set(param, file.read(tensor).data);
  const model = { backbone, head, store, tokenizer: numbersTokenizer, within: (all: Params) => all } as unknown as LanguageModel;
  return { model, decoder: await Decoder.open(engine, model, own), ends: new Set(ends), defaults: {} };
}
