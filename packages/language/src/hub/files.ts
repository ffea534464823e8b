/** Which files of a repository on the Hub make a model. */

import { type Json, TetradError } from "@tetrad/engine";
import { TOKENIZER_FILES } from "../tokenizer/tokenizer.js";

/** A file as the repository lists it */
export interface HubFile {
  readonly path: string;
  /** Bytes */
  readonly size: number;
  /** SHA-256 of a large file's content, or SHA-1 of a small one's as git counts it: `blob`, its length and the content */
  readonly hash: string;
}

/** An entry of the Hub's list of a repository's files */
export interface HubEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid?: string | undefined;
  readonly lfs?: { readonly oid: string; readonly size: number } | undefined;
}

/** A page of the Hub's list. @throws TetradError FORMAT for an answer that is none */
export function entriesOf(answer: Json, name: string): readonly HubEntry[] {
  const isEntry = (one: Json) => {
    const { type, path, size } = (one ?? {}) as Partial<HubEntry>;
    return typeof type === "string" && typeof path === "string" && (typeof size === "number" || type !== "file");
  };
  if (Array.isArray(answer) && answer.every(isEntry)) return answer as unknown as readonly HubEntry[];
  throw foreignAnswer(name, `${JSON.stringify(answer).slice(0, 60)} for a list of files`);
}

/** Files that say what a model is, beside its tokenizer's */
const DESCRIPTIONS = /^(config|generation_config|modules|sentence_bert_config|adapter_config|\d+_\w+\/config)\.json$/;
/** Of peft, and of `adapters` with a head */
const ADAPTERS = ["adapter_model.safetensors", "adapter.safetensors", "model_head.safetensors"];
const INDEX = "model.safetensors.index.json";
const SHARD = /^model-\d+-of-\d+\.safetensors$/;

/** The files of a list, small ones first: what is wrong with them is known before the weights have come. @throws TetradError FORMAT for an entry without a hash */
export function hubFiles(entries: readonly HubEntry[], name: string): HubFile[] {
  const files = entries
    .filter(({ type }) => type === "file")
    .map(({ path, size, oid = "", lfs }) => ({ path, size: lfs?.size ?? size, hash: lfs?.oid ?? oid }));
  const strange = files.find(({ hash }) => !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash));
  if (strange !== undefined) throw foreignAnswer(name, `${strange.path} with the hash ${strange.hash}`);
  return files.sort((a, b) => a.size - b.size);
}

/**
 * Those that opening the model reads: descriptions, tokenizer, and weights in one form.
 * @param gguf the file that holds the weights, in the place of safetensors
 * @throws TetradError UNSUPPORTED for a repository without weights that are read, IO for one without this file
 */
export function modelFiles(files: readonly HubFile[], name: string, gguf?: string): HubFile[] {
  const paths = files.map(({ path }) => path);
  const isSharded = paths.includes(INDEX);
  const isWeight = (path: string) => {
    if (gguf !== undefined) return path === gguf;
    return ADAPTERS.includes(path) || (isSharded ? path === INDEX || SHARD.test(path) : path === "model.safetensors");
  };
  if (!paths.some(isWeight)) {
    const others = paths.filter((path) => /\.(gguf|bin|safetensors|onnx|h5|msgpack)$/.test(path));
    const other = others.find((path) => path.endsWith(".gguf"));
    throw new TetradError(gguf === undefined ? "UNSUPPORTED" : "IO", {
      op: name,
      what: gguf === undefined ? "this repository has no weights that are read" : "this repository has no such file",
      got: others.join(", ") || "no weights",
      expected: gguf ?? "model.safetensors, its shards, or adapter_model.safetensors",
      ...(other !== undefined && { hint: `name the GGUF file: ${name}/${other}` }),
    });
  }
  return files.filter(({ path }) => DESCRIPTIONS.test(path) || TOKENIZER_FILES.includes(path) || isWeight(path));
}

export const isCommit = (revision: unknown): revision is string => typeof revision === "string" && /^[0-9a-f]{40}$/.test(revision);

export function foreignAnswer(name: string, got: string): TetradError {
  return new TetradError("FORMAT", {
    op: name,
    what: "the Hub gives an answer that cannot be understood",
    got,
    hint: "is its address that of a Hub?",
  });
}

/** What came is not what the repository lists. @param hash of what came, where its size is right */
export function otherContent({ path, size, hash: expected }: HubFile, bytes: number, hash: string | undefined): TetradError {
  return new TetradError("FORMAT", {
    op: path,
    what: hash === undefined ? "what came has another size than the file" : "what came has another hash than the file",
    got: hash ?? `${bytes} bytes`,
    expected: hash === undefined ? `${size}` : expected,
    hint: "it was thrown away; run again to fetch it anew",
  });
}
