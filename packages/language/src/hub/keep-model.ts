/**
 * Models of the Hub kept where the program's files are, which in a page is the site's own file system; in Node the command line has Hugging Face's own cache. Asked
 * by fetch, since @huggingface/hub brings modules of Node. A repository has one folder, in which files are replaced as the repository's are.
 */

import { isAbsent, type Json, type JsonObject, parseJsonObject, readBytes, removeFile, TetradError, writeFileAtomic } from "@tetrad/engine";
import { entriesOf, foreignAnswer, type HubEntry, type HubFile, hubFiles, isCommit, modelFiles, otherContent } from "./files.js";

export interface HubModelOptions {
  /** Address of the Hub */
  readonly endpoint: string;
  /** `org/name` */
  readonly name: string;
  /** A branch, a tag or a commit; main unless told */
  readonly revision?: string;
  /** Where models are kept: "hub" unless told */
  readonly folder?: string;
  /** A GGUF file that holds the weights */
  readonly gguf?: string;
  /** Is told of every piece that comes: bytes so far, and of all that is fetched */
  readonly onProgress?: (bytes: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface KeptModel {
  /** Path of the model's folder */
  readonly folder: string;
  readonly commit: string;
  /** Files that were fetched just now */
  readonly fetched: readonly string[];
  /** The Hub could not be reached, so that it is as it was */
  readonly offline: boolean;
}

/** What of the repository is in the folder; the commit is named once all of it is. */
interface Inventory {
  readonly commit: string | null;
  readonly revision: string;
  readonly hashes: Readonly<Record<string, string>>;
}

const INVENTORY = "hub.json";

/**
 * The folder of a model with all that opening it reads; what is there already is not fetched again, and where the Hub cannot be reached what was fetched before is used.
 * @throws TetradError IO for a repository, revision or file that is not there or not open, and for a transfer that broke off; FORMAT for content that is not what the
 * repository lists; UNSUPPORTED for a repository without weights that are read
 */
export async function keepHubModel(options: HubModelOptions): Promise<KeptModel> {
  const { endpoint, name, revision = "main", folder: place = "hub", gguf, onProgress, signal } = options;
  const hub = endpoint.replace(/\/+$/, "");
  const folder = `${place}/${name}`;
  const before = await inventoryOf(folder);
  let info: Response;
  try {
    info = await asked(name, `${hub}/api/models/${name}/revision/${encodeURIComponent(revision)}`, signal);
  } catch (error) {
    if (!isUnreachable(error) || before?.revision !== revision || before.commit === null) throw error;
    return { folder, commit: before.commit, fetched: [], offline: true };
  }
  const told = await jsonOf(info, name);
  const commit = (told as JsonObject | null)?.["sha"];
  if (!isCommit(commit)) throw foreignAnswer(name, `the commit ${JSON.stringify(commit ?? null)}`);
  const files = modelFiles(hubFiles(await entries(hub, name, commit, signal), name), name, gguf);
  const absent = files.filter(({ path, hash }) => before?.hashes[path] !== hash);
  const stale = Object.keys(before?.hashes ?? {}).filter((known) => !files.some(({ path }) => path === known));
  const total = absent.reduce((sum, { size }) => sum + size, 0);
  const hashes = Object.fromEntries(files.filter((file) => !absent.includes(file)).map(({ path, hash }) => [path, hash]));
  const note = (known: string | null) =>
    writeFileAtomic(`${folder}/${INVENTORY}`, `${JSON.stringify({ commit: known, revision, hashes } satisfies Inventory, null, 1)}\n`);
  const changes = absent.length + stale.length > 0;
  // Until the last file has come the folder is of no commit.
  if (changes) await note(null);
  for (const path of stale) await removeFile(`${folder}/${path}`);
  let bytes = 0;
  for (const file of absent) {
    const answer = await asked(name, `${hub}/${name}/resolve/${commit}/${file.path}`, signal);
    const content = await received(answer, file, (count) => onProgress?.(bytes + count, total));
    await writeFileAtomic(`${folder}/${file.path}`, content);
    hashes[file.path] = file.hash;
    await note(null);
    bytes += file.size;
  }
  if (changes || before?.commit !== commit || before.revision !== revision) await note(commit);
  return { folder, commit, fetched: absent.map(({ path }) => path), offline: false };
}

async function inventoryOf(folder: string): Promise<Inventory | undefined> {
  try {
    return parseJsonObject(await readBytes(`${folder}/${INVENTORY}`), `${folder}/${INVENTORY}`, {
      hint: "delete the folder, and fetch the model anew",
    }) as unknown as Inventory;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The repository's list, which comes in pages. */
async function entries(hub: string, name: string, commit: string, signal: AbortSignal | undefined): Promise<HubEntry[]> {
  const all: HubEntry[] = [];
  let next: string | undefined = `${hub}/api/models/${name}/tree/${commit}?recursive=true`;
  while (next !== undefined) {
    const answer: Response = await asked(name, next, signal);
    all.push(...entriesOf(await jsonOf(answer, name), name));
    next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
    if (next !== undefined && !next.startsWith(`${hub}/`)) throw foreignAnswer(name, `a list that goes on at ${next}`);
  }
  return all;
}

/** @throws TetradError FORMAT for an answer that is no JSON: a page of a network that wants a password, say; IO where the transfer breaks off */
async function jsonOf(answer: Response, name: string): Promise<Json> {
  const text = await answer.text().catch((error: unknown) => {
    throw failed(name, "the transfer broke off", error, "run again");
  });
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw foreignAnswer(name, `${answer.headers.get("content-type") ?? "no JSON"}: ${JSON.stringify(text.slice(0, 60))}`);
  }
}

/** @throws TetradError IO where the transfer breaks off, FORMAT for content that is not the file's */
async function received({ body }: Response, file: HubFile, onBytes: (count: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Uint8Array(file.size);
  let count = 0;
  try {
    for (const reader = (body as ReadableStream<Uint8Array>).getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      if (count + value.length > file.size) throw otherContent(file, count + value.length, undefined);
      content.set(value, count);
      count += value.length;
      onBytes(count);
    }
  } catch (error) {
    if (error instanceof TetradError) throw error;
    throw failed(file.path, "the transfer broke off", error, "run again; what had come whole is kept");
  }
  if (count !== file.size) throw otherContent(file, count, undefined);
  const hash = await hashOf(content, file);
  if (hash !== file.hash) throw otherContent(file, count, hash);
  return content;
}

/** As git counts it, or of the content alone where it is a SHA-256. */
async function hashOf(content: Uint8Array<ArrayBuffer>, { hash }: HubFile): Promise<string> {
  const isGit = hash.length === 40;
  const bytes = isGit ? await new Blob([`blob ${content.length}\0`, content]).arrayBuffer() : content;
  const digest = new Uint8Array(await crypto.subtle.digest(isGit ? "SHA-1" : "SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @throws TetradError IO in words for what the Hub refuses */
async function asked(name: string, url: string, signal: AbortSignal | undefined): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, signal === undefined ? {} : { signal });
  } catch (error) {
    throw failed(name, UNREACHABLE, error, "check its address and the network");
  }
  if (answer.ok) return answer;
  const { status } = answer;
  // 401 is also what it answers for repositories that do not exist, so as not to tell which ones do.
  const [what, hint] =
    status === 401 || status === 403 || status === 404
      ? ["there is no open repository, revision or file of this name on the Hub", "check the name"]
      : ["the Hub refuses", "try again later"];
  throw new TetradError("IO", { op: name, what, got: `status ${status} for ${url}`, hint });
}

const UNREACHABLE = "the Hub cannot be reached";

const isUnreachable = (error: unknown): boolean => error instanceof TetradError && error.parts?.what === UNREACHABLE;

function failed(op: string, what: string, cause: unknown, hint: string): TetradError {
  if ((cause as Error).name === "AbortError") return new TetradError("CANCELLED", { op, what: "it was stopped" }, { cause });
  return new TetradError("IO", { op, what, got: (cause as Error).message, hint }, { cause });
}
