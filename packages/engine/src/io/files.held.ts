/** Files of folders that the program holds. */
import * as faults from "./faults.js";
import type { FileContent } from "./files.node.js";
import { copied, heldReason, located, nothing } from "./held-folders.js";

/** @throws TetradError IO */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return attempt("read", path, async () => {
    const { folder, name } = located(path);
    const content = folder.get(name);
    if (content === undefined) throw nothing();
    return content instanceof Blob ? new Uint8Array(await content.arrayBuffer()) : content;
  });
}

/** @throws TetradError IO for a folder that nobody holds */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  await attempt("write", path, async () => {
    const { folder, name } = located(path);
    folder.set(name, copied(content));
  });
}

/** @throws TetradError IO for a folder that nobody holds */
export async function removeFile(path: string): Promise<void> {
  await attempt("write", path, async () => {
    const { folder, name } = located(path);
    folder.delete(name);
  });
}

/** @throws TetradError IO for a folder that nobody holds */
export async function appendToFile(path: string, content: Uint8Array): Promise<void> {
  await attempt("write", path, async () => {
    const { folder, name } = located(path);
    const before = folder.get(name) ?? new Uint8Array();
    folder.set(name, new Uint8Array(await new Blob([before, copied(content)]).arrayBuffer()));
  });
}

/** Replaces the files of a folder, or of one inside it. @throws TetradError IO for a folder that nobody holds or that has files of others */
export async function writeFolderAtomic(
  path: string,
  files: Readonly<Record<string, FileContent>>,
  known: readonly string[] = Object.keys(files),
): Promise<void> {
  await attempt("write", path, async () => {
    const { folder, name } = located(path);
    const within = name === "" ? "" : `${name}/`;
    const names = [...folder.keys()].filter((each) => each.startsWith(within)).map((each) => each.slice(within.length));
    faults.refuseForeign(path, names, known);
    for (const each of names) folder.delete(`${within}${each}`);
    for (const [file, content] of Object.entries(files)) folder.set(`${within}${file}`, copied(content));
  });
}

/** Nothing comes between the moments at which such a folder changes. */
export async function recoverFolder(_path: string): Promise<void> {}

function attempt<T>(verb: "read" | "write", path: string, body: () => Promise<T>): Promise<T> {
  return faults.attempt(verb, path, heldReason, body);
}
