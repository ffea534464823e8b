/**
 * Files of the Hub in Hugging Face's own cache, where Python's huggingface_hub finds them and ours finds Python's: a repository's folder has `blobs`, named by
 * their hash, `snapshots/<commit>` of links to them, and `refs/<revision>`, which name a commit
 * (huggingface_hub, "Understand caching").
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { getHFHubCachePath, getRepoFolderName } from "@huggingface/hub";
import { TetradError } from "@tetrad/engine";
import { type HubFile, isCommit, otherContent } from "@tetrad/language";

type Bytes = ReadableStream<Uint8Array>;

/** Size in bytes; undefined where there is no such file. */
async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

export class HubCache {
  readonly #folder: string;

  /** @param name of the repository, `org/name` */
  constructor(name: string) {
    this.#folder = join(getHFHubCachePath(), getRepoFolderName({ name, type: "model" }));
  }

  snapshot(commit: string): string {
    return join(this.#folder, "snapshots", commit);
  }

  /** The snapshot of a revision that was downloaded before; undefined where there is none. */
  async find(revision: string): Promise<string | undefined> {
    const commit = isCommit(revision) ? revision : await readFile(this.#ref(revision), "utf8").catch(() => undefined);
    const folder = commit === undefined ? undefined : this.snapshot(commit.trim());
    return folder !== undefined && (await sizeOf(folder)) !== undefined ? folder : undefined;
  }

  /** Remembers which commit a branch or tag was. */
  async remember(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    await mkdir(dirname(this.#ref(revision)), { recursive: true });
    await writeFile(this.#ref(revision), commit);
  }

  #ref(revision: string): string {
    return join(this.#folder, "refs", ...revision.split("/"));
  }

  /** Whether a commit's file is here; one that another commit has too is linked. */
  async has(commit: string, { path, hash }: HubFile): Promise<boolean> {
    const pointer = join(this.snapshot(commit), path);
    if ((await sizeOf(pointer)) !== undefined) return true;
    if ((await sizeOf(this.#blob(hash))) === undefined) return false;
    await link(this.#blob(hash), pointer);
    return true;
  }

  /**
   * Takes a file's bytes from where an earlier download stood.
   * @param open a stream of the bytes from `begin`
   * @param onBytes is told how many bytes there are of it so far
   * @throws TetradError IO where the transfer breaks off, and what came is kept; FORMAT for content that is not the file's, which is thrown away
   */
  async add(commit: string, file: HubFile, open: (begin: number) => Promise<Bytes>, onBytes: (bytes: number) => void): Promise<void> {
    const incomplete = this.#incomplete(file.hash);
    await mkdir(dirname(incomplete), { recursive: true });
    const size = await receive(incomplete, file, open, onBytes);
    const hash = size === file.size ? await hashOf(incomplete, file) : undefined;
    if (hash !== file.hash) {
      await rm(incomplete, { force: true });
      throw otherContent(file, size, hash);
    }
    await rename(incomplete, this.#blob(file.hash));
    await link(this.#blob(file.hash), join(this.snapshot(commit), file.path));
  }

  #blob(hash: string): string {
    return join(this.#folder, "blobs", hash);
  }

  #incomplete(hash: string): string {
    return `${this.#blob(hash)}.incomplete`;
  }
}

/** Appends what is missing of a file; returns how many bytes there are then. */
async function receive(path: string, file: HubFile, open: (begin: number) => Promise<Bytes>, onBytes: (bytes: number) => void) {
  let bytes = (await sizeOf(path)) ?? 0;
  // There is no range of bytes to ask for.
  if (file.size === 0) await writeFile(path, "");
  if (bytes >= file.size) return bytes;
  const counted = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      bytes += chunk.length;
      onBytes(bytes);
      yield chunk;
    }
  };
  const stream = await open(bytes);
  try {
    await pipeline(Readable.fromWeb(stream), counted, createWriteStream(path, { flags: "a" }));
  } catch (error) {
    throw new TetradError(
      "IO",
      {
        op: file.path,
        what: "the transfer broke off",
        got: `${bytes} of ${file.size} bytes: ${error instanceof Error ? error.message : String(error)}`,
        hint: "run again; it goes on from there",
      },
      { cause: error },
    );
  }
  return bytes;
}

async function hashOf(path: string, { hash, size }: HubFile): Promise<string> {
  const sum = hash.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) sum.update(chunk as Uint8Array);
  return sum.digest("hex");
}

/** A relative link, so that the cache can be moved; a copy where the system gives users no links, as Windows does. */
async function link(blob: string, pointer: string): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  await rm(pointer, { force: true });
  try {
    await symlink(relative(dirname(pointer), blob), pointer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    await copyFile(blob, pointer);
  }
}
