/** Files that make a model's folder one of sentence-transformers': which modules follow each other, and how tokens are pooled. */

import { type Json, parseJson, parseJsonObject, TetradError } from "@tetrad/engine";
import { ConfigFields } from "../models/config.js";
import { optional } from "../weights/read.js";
import type { Pooling } from "./pooling.js";

export interface SentenceTransformer {
  readonly pooling?: Pooling;
  readonly normalized?: boolean;
  readonly maxTokens?: number;
}

/** What the folder says of itself; undefined where it is no sentence-transformers folder. @throws TetradError FORMAT, UNSUPPORTED for a pooling that is not built */
export async function readSentenceTransformer(folder: string): Promise<SentenceTransformer | undefined> {
  const source = `${folder}/modules.json`;
  const list = await optional(source);
  if (list === undefined) return undefined;
  const modules = modulesIn(parseJson(list, source), source);
  const fieldsOf = async (name: string) => {
    const bytes = await optional(`${folder}/${name}`);
    return bytes === undefined ? undefined : new ConfigFields(parseJsonObject(bytes, `${folder}/${name}`), `${folder}/${name}`);
  };
  const pathOf = (kind: string) => modules.find(({ type }) => type.endsWith(`.${kind}`))?.path;
  const pooling = pathOf("Pooling");
  const config = pooling === undefined ? undefined : await fieldsOf(`${pooling}/config.json`);
  const limit = (await fieldsOf("sentence_bert_config.json"))?.token("max_seq_length");
  return {
    ...(config !== undefined && { pooling: poolingIn(config) }),
    normalized: pathOf("Normalize") !== undefined,
    ...(limit !== undefined && { maxTokens: limit }),
  };
}

interface Module {
  readonly type: string;
  readonly path: string;
}

function modulesIn(list: Json, source: string): readonly Module[] {
  const isModule = (one: Json) => {
    const { type, path } = (one ?? {}) as Partial<Module>;
    return typeof type === "string" && typeof path === "string";
  };
  if (Array.isArray(list) && list.every(isModule)) return list;
  throw new TetradError("FORMAT", { op: source, what: "this is not a list of modules", expected: "a type and a path of each" });
}

const MODES = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"];
const BUILT: Readonly<Record<string, Pooling>> = { mean_tokens: "mean", cls_token: "first", lasttoken: "last" };

function poolingIn(config: ConfigFields): Pooling {
  const chosen = MODES.filter((mode) => config.flag(`pooling_mode_${mode}`, false));
  const pooling = chosen.length === 1 ? BUILT[chosen[0] as string] : undefined;
  if (pooling !== undefined) return pooling;
  throw new TetradError("UNSUPPORTED", {
    op: config.source,
    what: "this pooling is not built",
    got: chosen.join(" and ") || "none",
    expected: Object.keys(BUILT).join(", "),
  });
}

/** Files beside a model's own, by name. @param width of its vectors */
export function sentenceTransformerFiles(
  { pooling, normalized, maxTokens }: Required<SentenceTransformer>,
  width: number,
): Record<string, string> {
  const names = [["Transformer", ""], ["Pooling", "1_Pooling"], ...(normalized ? [["Normalize", "2_Normalize"]] : [])];
  const modules = names.map(([type, path], idx) => ({ idx, name: `${idx}`, path, type: `sentence_transformers.models.${type}` }));
  const modes = MODES.map((mode) => [`pooling_mode_${mode}`, BUILT[mode] === pooling]);
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return {
    "modules.json": json(modules),
    "1_Pooling/config.json": json({ word_embedding_dimension: width, ...Object.fromEntries(modes) }),
    "sentence_bert_config.json": json({ max_seq_length: maxTokens, do_lower_case: false }),
    "config_sentence_transformers.json": json({ similarity_fn_name: "cosine", prompts: {}, default_prompt_name: null }),
  };
}
