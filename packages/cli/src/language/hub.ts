/** Models of the Hugging Face Hub by name: what a command needs of a repository is fetched once and lies in the cache from then on. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ReadableStream } from "node:stream/web";
import { downloadFile, HUB_URL, HubApiError, type ListFileEntry, listFiles, modelInfo } from "@huggingface/hub";
import { TetradError } from "@tetrad/engine";
import { TOKENIZER_FILES } from "@tetrad/language";
import type { Context } from "../context.js";
import { HubCache, type HubFile, isCommit } from "./hub-cache.js";
import type { HubModel } from "./hub-name.js";

/** Files that say what a model is, beside its tokenizer's */
const DESCRIPTIONS = /^(config|generation_config|modules|sentence_bert_config|adapter_config|\d+_\w+\/config)\.json$/;
/** Of peft, and of `adapters` with a head */
const ADAPTERS = ["adapter_model.safetensors", "adapter.safetensors", "model_head.safetensors"];
const INDEX = "model.safetensors.index.json";
const SHARD = /^model-\d+-of-\d+\.safetensors$/;

/**
 * The folder of a model's snapshot in the cache, with everything in it that a command needs: of a model, or of its tokenizer alone.
 * HF_HOME or HF_HUB_CACHE say where the cache is, HF_TOKEN who asks, HF_ENDPOINT which Hub, and with HF_HUB_OFFLINE=1 nothing is fetched.
 * @throws TetradError IO for a repository, revision or file that is not there or not open to the user, and for a transfer that broke off; FORMAT for content
 * that is not what the repository lists; UNSUPPORTED for a repository without weights that are read; ARGUMENT for a token of another form
 */
export async function fetchModel({ terminal, env }: Context, model: HubModel, part: "model" | "tokenizer" = "model"): Promise<string> {
  const { name, revision } = model;
  const cache = new HubCache(name);
  if (/^(1|on|yes|true)$/i.test(env["HF_HUB_OFFLINE"] ?? "")) return offline(cache, model);
  const hub = connection(env);
  const { sha } = await asked(model, () => modelInfo({ ...hub, name, revision, additionalFields: ["sha"] }));
  if (!isCommit(sha)) throw foreign(name, sha);
  const all = await asked(model, () => filesOf(listFiles({ ...hub, repo: name, revision: sha, recursive: true }), name));
  const files = all.filter(part === "tokenizer" ? ({ path }) => TOKENIZER_FILES.includes(path) : readBy(all, model));
  const absent: HubFile[] = [];
  for (const file of files) if (!(await cache.has(sha, file))) absent.push(file);
  const total = absent.reduce((sum, { size }) => sum + size, 0);
  const progress = terminal.progress(`fetching ${name}`);
  let before = 0;
  try {
    for (const file of absent) {
      const open = async (begin: number) => {
        const blob = await asked(model, () => downloadFile({ ...hub, repo: name, path: file.path, revision: sha, xet: false }));
        if (blob === null) throw foreign(name, `no ${file.path}`);
        return blob.slice(begin).stream() as ReadableStream<Uint8Array>;
      };
      await cache.add(sha, file, open, (bytes) =>
        progress.update((before + bytes) / total, `${megabytes(before + bytes)} of ${megabytes(total)} MB, ${file.path}`),
      );
      before += file.size;
    }
  } finally {
    progress.end();
  }
  await cache.remember(revision, sha);
  return cache.snapshot(sha);
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

async function offline(cache: HubCache, { name, revision, gguf }: HubModel): Promise<string> {
  const folder = await cache.find(revision);
  if (folder !== undefined && (gguf === undefined || existsSync(join(folder, gguf)))) return folder;
  throw new TetradError("IO", {
    op: name,
    what: `${gguf ?? "this model"} is not in the cache, and HF_HUB_OFFLINE says that nothing is fetched`,
    got: `revision ${revision}`,
    hint: "run once without HF_HUB_OFFLINE, or name a folder",
  });
}

/** Which Hub, and who asks. */
function connection(env: Context["env"]) {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token = "" } = env;
  const hubUrl = (endpoint || HUB_URL).replace(/\/+$/, "");
  if (token !== "" && !token.startsWith("hf_")) {
    throw new TetradError("ARGUMENT", { op: "HF_TOKEN", what: "this is no token of the Hub", expected: "a text that begins with hf_" });
  }
  return { hubUrl, ...(token !== "" && { accessToken: token, fetch: discreet(token, new URL(hubUrl).origin) }) };
}

/** The library would give the token to the hosts that some files are redirected to: only `home` gets it. */
function discreet(token: string, home: string): typeof fetch {
  return (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    if (origin !== home && headers.get("authorization") === `Bearer ${token}`) headers.delete("authorization");
    return fetch(input, { ...init, headers });
  };
}

async function filesOf(list: AsyncIterable<ListFileEntry>, name: string): Promise<HubFile[]> {
  const files: HubFile[] = [];
  for await (const { type, path, size, oid, lfs } of list) {
    if (type !== "file") continue;
    const hash = lfs?.oid ?? oid ?? "";
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) throw foreign(name, `${path} with the hash ${hash}`);
    files.push({ path, size: lfs?.size ?? size, hash });
  }
  // Weights last: what is wrong with the rest is known before they have come.
  return files.sort((a, b) => a.size - b.size);
}

/** Which files of a repository a command reads: descriptions, tokenizer, and weights in one form. @throws TetradError where it has no such weights */
function readBy(files: readonly HubFile[], { name, gguf }: HubModel): (file: HubFile) => boolean {
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
  return ({ path }) => DESCRIPTIONS.test(path) || TOKENIZER_FILES.includes(path) || isWeight(path);
}

function foreign(name: string, got: string): TetradError {
  return new TetradError("FORMAT", {
    op: name,
    what: "the Hub gives an answer that cannot be understood",
    got,
    hint: "is HF_ENDPOINT a Hub?",
  });
}

/** Asks the Hub, and says in words what it refuses. */
async function asked<T>({ name, revision }: HubModel, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof TetradError) throw error;
    const [what, hint] = error instanceof HubApiError ? refusal(error.statusCode) : UNREACHABLE;
    const { message, cause } = error as Error & { readonly cause?: Error };
    throw new TetradError(
      "IO",
      {
        op: revision === "main" ? name : `${name}@${revision}`,
        what,
        got: cause instanceof Error ? `${message}: ${cause.message}` : message,
        hint,
      },
      { cause: error },
    );
  }
}

const UNREACHABLE = [
  "there is no folder of this name here, and the Hub cannot be reached",
  "check the network; what was fetched before is used with HF_HUB_OFFLINE=1",
] as const;

/** The Hub answers 401 for repositories that do not exist, too, so as not to tell which ones do. */
function refusal(status: number): readonly [string, string] {
  if (status === 401 || status === 404) {
    return [
      "there is neither a folder of this name here nor an open repository or revision on the Hub",
      "check the name; for a private or gated repository set HF_TOKEN",
    ];
  }
  if (status === 403) return ["this repository is not open to you", "ask for access on its page, and set HF_TOKEN"];
  return ["the Hub refuses", "try again later"];
}
