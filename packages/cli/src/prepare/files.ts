/** Files read and written piece by piece, so that data need not fit into memory. Whole or not at all: text goes to a sibling that takes the file's name at the end. */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileError } from "@tetrad/engine";

const CHUNK = 1 << 20;

/** A file's bytes, a mebibyte at a time; each time it is gone through the file is opened anew. @throws TetradError IO */
export function chunksOf(path: string): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const file = attempt("read", path, () => openSync(path, "r"));
      try {
        for (;;) {
          const chunk = new Uint8Array(CHUNK);
          const length = attempt("read", path, () => readSync(file, chunk));
          if (length === 0) return;
          yield chunk.subarray(0, length);
        }
      } finally {
        closeSync(file);
      }
    },
  };
}

export function sha256Of(chunks: Iterable<Uint8Array | string>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** Of everything in a model's folder. @throws TetradError IO */
export function folderSha256(folder: string): string {
  const names = attempt("read", folder, () => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return sha256Of(names.map((name) => sha256Of(chunksOf(name))));
}

/** Takes away what runs that were killed left half written in a folder, if there is one; there must be no other run. */
export function clearTemporaries(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (/^\..+\.[0-9a-f]{12}\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
}

export class LineFile {
  readonly #temporary: string;
  readonly #file: number;
  readonly #hash = createHash("sha256");
  #open = true;
  #pending: string[] = [];
  #length = 0;
  bytes = 0;

  /** @throws TetradError IO */
  constructor(readonly path: string) {
    this.#temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
    this.#file = attempt("write", path, () => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(this.#temporary, "wx");
    });
  }

  write(line: string): void {
    this.#pending.push(line, "\n");
    this.#length += line.length;
    if (this.#length > CHUNK) this.#flush();
  }

  /** Gives the file its name. @returns SHA-256 of what was written */
  commit(): string {
    this.#flush();
    attempt("write", this.path, () => {
      fsyncSync(this.#file);
      this.#close();
      renameSync(this.#temporary, this.path);
    });
    return this.#hash.digest("hex");
  }

  /** Leaves what stood there before; nothing is left to do after `commit`. */
  abandon(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(""));
    attempt("write", this.path, () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    });
    this.#hash.update(bytes);
    this.bytes += bytes.length;
    this.#pending = [];
    this.#length = 0;
  }
}

function attempt<T>(verb: "read" | "write", path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw fileError(verb, path, error as Error);
  }
}
