/**
 * Folders that a program holds itself: files that the user of a page chose, or a model that is to be handed out as an archive. As `URL.createObjectURL` gives an
 * object an address, `holdFolder` gives them a path, which all that reads and writes folders takes, on the thread that holds them.
 */
import { TetradError } from "../errors.js";
import * as faults from "./faults.js";
import type { FileContent } from "./files.node.js";

export type HeldContent = Blob | Uint8Array<ArrayBuffer>;

/** Folder → files by their path within it */
const folders = new Map<string, Map<string, HeldContent>>();

/**
 * @param files of an `<input type="file">`, with `webkitdirectory` or `multiple`, or contents by path; none for a folder that is to be written. Files of the user
 * are read when something asks for them.
 * @returns the folder's path, good until `releaseFolder`; no other thread knows it
 * @throws TetradError ARGUMENT for two files of the same path
 */
export function holdFolder(files: Iterable<File> | Readonly<Record<string, Blob | FileContent>> = {}): string {
  const chosen = Symbol.iterator in files ? [...files] : undefined;
  const held = new Map<string, HeldContent>();
  for (const [path, content] of chosen?.map((file) => [pathWithin(file), file] as const) ?? Object.entries(files)) {
    if (held.has(path))
      throw new TetradError("ARGUMENT", {
        op: "hold a folder",
        what: "two files have the same name",
        got: path,
        hint: "choose the files of one folder",
      });
    held.set(path, content instanceof Blob ? content : copied(content));
  }
  const name = chosen?.map(({ webkitRelativePath }) => webkitRelativePath?.split("/")[0]).find(Boolean) ?? "files";
  let path = `held:${name}`;
  for (let n = 2; folders.has(path); n++) path = `held:${name}-${n}`;
  folders.set(path, held);
  return path;
}

/** The files of such a folder by their path within it. @throws TetradError IO for a folder that nobody holds */
export function heldFiles(path: string): ReadonlyMap<string, HeldContent> {
  const held = folders.get(path);
  if (held === undefined) throw faults.fileError("read", path, nothing(), heldReason);
  return held;
}

/** Forgets a folder of `holdFolder`. */
export function releaseFolder(path: string): void {
  folders.delete(path);
}

/** The folder of a path, and the rest of the path. @throws what `heldReason` knows */
export function located(path: string): { readonly folder: Map<string, HeldContent>; readonly name: string } {
  const [first = "", ...rest] = path.split("/");
  const folder = folders.get(first);
  if (folder === undefined) throw nothing();
  return { folder, name: rest.filter((part) => part !== "" && part !== ".").join("/") };
}

/** What is written may be changed afterwards, and a Blob takes no memory that threads share. */
export function copied(content: FileContent): Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
}

export const nothing = () => new DOMException("nothing is held under this path", "NotFoundError");

const REASONS: Readonly<Record<string, faults.Reason>> = {
  NotFoundError: ["there is no such file among those that were chosen", "choose the folder that holds it"],
  NotReadableError: ["the file was moved or changed after it was chosen", "choose it again"],
};

export const heldReason = (error: Error): faults.Reason | undefined => REASONS[error.name];

/** A folder that was chosen is where its files' paths begin. */
const pathWithin = ({ webkitRelativePath, name }: File): string => webkitRelativePath?.split("/").slice(1).join("/") || name;
