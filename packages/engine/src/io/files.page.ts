/**
 * Files and folders in a page: the site's own file system (OPFS, https://fs.spec.whatwg.org), which the user does not see and other sites do not reach. A tab
 * may be closed at any moment, so that a file is written beside the old one, which `createWritable` does, and a folder in a generation of its own, which a
 * file named CURRENT then names.
 */
import { TetradError } from "../errors.js";
import * as faults from "./faults.js";
import type { FileContent } from "./files.node.js";

/** Names the generation that counts. */
const CURRENT = "current";
const GENERATION = "generation-";

/** @throws TetradError IO */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return attempt("read", path, async () => {
    const { folder, name } = await locate(path, false);
    const handle = await folder.getFileHandle(name);
    return new Uint8Array(await (await handle.getFile()).arrayBuffer());
  });
}

/** Replaces a file whole. Missing parent folders are made. @throws TetradError IO; the old file is then untouched */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  await attempt("write", path, async () => {
    const { folder, name } = await locate(path, true);
    await write(folder, name, content);
  });
}

/** Removes a file, if there is one. @throws TetradError IO */
export async function removeFile(path: string): Promise<void> {
  await attempt("write", path, async () => {
    try {
      const { folder, name } = await locate(path, false);
      await folder.removeEntry(name);
    } catch (error) {
      if ((error as Error).name !== "NotFoundError") throw error;
    }
  });
}

/** Adds to the end of a file, which is made where it is missing, with its parent folders. @throws TetradError IO; the old file is then untouched */
export async function appendToFile(path: string, content: Uint8Array): Promise<void> {
  await attempt("write", path, async () => {
    const { folder, name } = await locate(path, true);
    await write(folder, name, content, { append: true });
  });
}

/**
 * Replaces a folder whole.
 * @param files by name; a slash in a name makes a folder inside
 * @param known names that the folder may hold already; anything else is somebody's own file, and the write is refused rather than lose it
 * @throws TetradError IO; the old folder is then untouched
 */
export async function writeFolderAtomic(
  path: string,
  files: Readonly<Record<string, FileContent>>,
  known: readonly string[] = Object.keys(files),
): Promise<void> {
  // One tab at a time: another's generation, which nothing names yet, would be taken for one that was left behind.
  await navigator.locks.request(`tetrad ${path}`, () => replaceFolder(path, files, known));
}

function replaceFolder(path: string, files: Readonly<Record<string, FileContent>>, known: readonly string[]): Promise<void> {
  return attempt("write", path, async () => {
    const { folder: parent, name } = await locate(path, true);
    const folder = await parent.getDirectoryHandle(name, { create: true });
    const names = await namesIn(folder);
    faults.refuseForeign(
      path,
      names.filter((each) => !isOurs(each)),
      known,
    );
    const own = `${GENERATION}${crypto.randomUUID()}`;
    try {
      const generation = await folder.getDirectoryHandle(own, { create: true });
      for (const [file, content] of Object.entries(files)) {
        const parts = file.split("/");
        const last = parts.pop() as string;
        let inside = generation;
        for (const part of parts) inside = await inside.getDirectoryHandle(part, { create: true });
        await write(inside, last, content);
      }
      await write(folder, CURRENT, own);
    } catch (error) {
      await folder.removeEntry(own, { recursive: true });
      throw error;
    }
    // What is no longer named, also what closed tabs left behind. Whatever another tab still reads stays for the next time.
    for (const old of names) if (isOurs(old) && old !== CURRENT) await folder.removeEntry(old, { recursive: true }).catch(() => undefined);
  });
}

/** A folder in a page needs no mending: until CURRENT is replaced the old generation counts. */
export async function recoverFolder(_path: string): Promise<void> {}

async function write(folder: FileSystemDirectoryHandle, name: string, content: FileContent, { append = false } = {}): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  // Writes to a copy, which takes the file's place when it is closed.
  const stream = await handle.createWritable({ keepExistingData: append });
  try {
    if (append) await stream.seek((await handle.getFile()).size);
    await stream.write(content as Uint8Array<ArrayBuffer> | string);
  } catch (error) {
    await stream.abort();
    throw error;
  }
  await stream.close();
}

/** The folder that a path's last part lies in; to be read, in the generations that count. */
async function locate(path: string, create: boolean): Promise<{ readonly folder: FileSystemDirectoryHandle; readonly name: string }> {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const name = parts.pop();
  if (name === undefined || [...parts, name].includes(".."))
    throw new TetradError("ARGUMENT", { op: path, what: "this is no path of the site's own files", expected: "names between slashes" });
  let folder = await navigator.storage.getDirectory();
  const within = async (outer: FileSystemDirectoryHandle) => (create ? outer : ((await currentOf(outer)) ?? outer));
  for (const part of parts) folder = await (await within(folder)).getDirectoryHandle(part, { create });
  return { folder: await within(folder), name };
}

/** The generation of a folder that counts; undefined where it is a plain folder. */
async function currentOf(folder: FileSystemDirectoryHandle): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const handle = await folder.getFileHandle(CURRENT);
    return await folder.getDirectoryHandle(await (await handle.getFile()).text());
  } catch (error) {
    if ((error as Error).name === "NotFoundError") return undefined;
    throw error;
  }
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

/** Generations, the name of the one that counts, and the copies of that name that a browser writes to: Chromium leaves `current.crswap` where a tab is closed. */
function isOurs(name: string): boolean {
  return name.startsWith(GENERATION) || name === CURRENT || name.startsWith(`${CURRENT}.`);
}

const REASONS: Readonly<Record<string, faults.Reason>> = {
  NotFoundError: ["there is no such file or folder", "check the path; it is taken from the root of the site's own files"],
  TypeMismatchError: ["a part of the path is a file where a folder is meant, or a folder where a file is", "check the path"],
  QuotaExceededError: ["the site's storage is full", "delete what is not needed; nothing was changed"],
  NoModificationAllowedError: ["another tab is writing this file", "try again when it has finished"],
  SecurityError: ["the browser gives this page no storage", "it may be a private window, or storage may be blocked in its settings"],
};

function attempt<T>(verb: "read" | "write", path: string, body: () => Promise<T>): Promise<T> {
  return faults.attempt(verb, path, (error) => REASONS[error.name], body);
}
