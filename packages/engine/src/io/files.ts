/** The door to files: what they lie on is reached only when it is used, so that everything that imports it loads in a browser. */
import { TetradError } from "../errors.js";
import type { FileContent } from "./files.node.js";

export type { FileContent } from "./files.node.js";

type Files = Pick<
  typeof import("./files.node.js"),
  "appendToFile" | "readBytes" | "removeFile" | "writeFileAtomic" | "writeFolderAtomic" | "recoverFolder"
>;

/**
 * By the path: folders that the program holds, a server's files, or else the disk in Node, and in a page the site's own file system.
 * @throws TetradError UNSUPPORTED where there is neither
 */
export async function files(verb: "read" | "write", path: string): Promise<Files> {
  if (path.startsWith("held:")) return import("./files.held.js");
  if (/^https?:\/\//.test(path)) return import("./files.web.js");
  if (typeof process === "object" && process.versions?.node !== undefined) return import("./files.node.js");
  if (typeof navigator === "object" && typeof navigator.storage?.getDirectory === "function") return import("./files.page.js");
  throw new TetradError("UNSUPPORTED", {
    op: `${verb} ${path}`,
    what: "there is no file system here",
    hint: "serve the page over https, or hold the files yourself: holdFolder(files)",
  });
}

/**
 * A file's bytes.
 * @param path in a folder of `holdFolder`, an address (`https://…`), or else in Node on the disk, and in a page in the site's own file system
 * @throws TetradError IO naming the path and the reason
 */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await files("read", path)).readBytes(path);
}

/** Replaces a file whole: a reader sees the old content or the new. Missing parent folders are made. @throws TetradError IO; the old file is then untouched */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  return (await files("write", path)).writeFileAtomic(path, content);
}

/** Removes a file, if there is one. @throws TetradError IO */
export async function removeFile(path: string): Promise<void> {
  return (await files("write", path)).removeFile(path);
}

/** Puts a folder back that was being replaced when the process that did it was killed; nothing to do otherwise. @throws TetradError IO */
export async function recoverFolder(path: string): Promise<void> {
  await (await files("write", path)).recoverFolder(path);
}
