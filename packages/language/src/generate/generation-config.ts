/** generation_config.json: how the makers of a model want text to be written with it. What a caller says counts more. */

import { type Json, type JsonObject, parseJsonObject } from "@tetrad/engine";
import { ConfigFields } from "../models/config.js";
import { optional } from "../weights/read.js";
import type { BeamOptions } from "./beam.js";
import type { SamplingOptions } from "./sample.js";

export type FolderDefaults = SamplingOptions & Pick<BeamOptions, "numBeams" | "lengthPenalty" | "earlyStopping">;

/**
 * @param folder a model's, with the file or without
 * @param config its config.json, which says what ends an answer where the file does not
 * @throws TetradError FORMAT for a damaged file, or a field of the wrong kind
 */
export async function generationConfig(folder: string, config: JsonObject) {
  const path = `${folder}/generation_config.json`;
  const bytes = await optional(path);
  const json = bytes === undefined ? {} : parseJsonObject(bytes, path);
  const ends = [json["eos_token_id"] ?? config["eos_token_id"]].flat().filter((id): id is number => typeof id === "number");
  return { ends: new Set(ends), defaults: defaultsOf(json, path) };
}

function defaultsOf(json: JsonObject, path: string): FolderDefaults {
  const fields = new ConfigFields(json, path);
  const given = <T>(name: string, read: () => T): T | undefined => ((json[name] ?? null) === null ? undefined : read());
  const real = (name: string) => given(name, () => fields.real(name));
  // 0 is a value of these, which stands for none.
  const whole = (name: string) => given(name, () => (json[name] === 0 ? 0 : fields.whole(name)));
  const drawn = json["do_sample"] === true;
  const early = json["early_stopping"];
  const all = {
    ...(drawn && { temperature: real("temperature") ?? 1, topK: whole("top_k"), topP: real("top_p"), minP: real("min_p") }),
    repetitionPenalty: real("repetition_penalty"),
    noRepeatNgramSize: whole("no_repeat_ngram_size"),
    minNewTokens: whole("min_new_tokens"),
    badWordsIds: wordsOf(json["bad_words_ids"]),
    numBeams: whole("num_beams"),
    lengthPenalty: real("length_penalty"),
    earlyStopping: early === true || early === false || early === "never" ? early : undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function wordsOf(value: Json | undefined): number[][] | undefined {
  return Array.isArray(value) ? value.map((word) => [word].flat().filter((id): id is number => typeof id === "number")) : undefined;
}
