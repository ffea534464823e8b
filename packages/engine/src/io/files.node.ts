/**
 * Files and folders on disk, written so that a reader sees the old content or the new and never a part: everything goes to a
 * temporary sibling, is flushed to the disk, and takes its name by one rename.
 */
import * as faults from "./faults.js";

// Asked for at run time: bundlers for browsers refuse an import of what browsers lack, though a page never loads this file.
const { randomBytes } = process.getBuiltinModule("node:crypto");
const { appendFile, mkdir, open, readdir, readFile, rename, rm, stat } = process.getBuiltinModule("node:fs/promises");
const { basename, dirname, join, resolve, sep } = process.getBuiltinModule("node:path");

export type FileContent = Uint8Array | string;

/** @throws TetradError IO */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return attempt("read", path, async () => new Uint8Array(await readFile(path)));
}

/** Replaces a file whole. Missing parent folders are made. @throws TetradError IO; the old file is then untouched */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  const target = resolve(path);
  const temporary = temporaryName(target);
  await attempt("write", path, async () => {
    await mkdir(dirname(target), { recursive: true });
    try {
      await writeFlushed(temporary, content);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await flushFolder(dirname(target));
  });
}

/** Removes a file, if there is one. @throws TetradError IO */
export async function removeFile(path: string): Promise<void> {
  await attempt("write", path, () => rm(path, { force: true }));
}

/** Adds to the end of a file, which is made where it is missing, with its parent folders. @throws TetradError IO */
export async function appendToFile(path: string, content: Uint8Array): Promise<void> {
  await attempt("write", path, async () => {
    await mkdir(dirname(resolve(path)), { recursive: true });
    await appendFile(path, content);
  });
}

/**
 * Replaces a folder whole. No system call exchanges two folders everywhere, so the old one steps aside as `.name.previous` for the moment between
 * two renames; a crash in that moment is undone by `recoverFolder`.
 * @param files by name; a slash in a name makes a folder inside
 * @param known names that the folder may hold already; anything else is somebody's own file, and the write is refused rather than lose it
 * @throws TetradError IO; the old folder is then untouched
 */
export async function writeFolderAtomic(
  path: string,
  files: Readonly<Record<string, FileContent>>,
  known: readonly string[] = Object.keys(files),
): Promise<void> {
  const target = resolve(path);
  const temporary = temporaryName(target);
  await recoverFolder(path);
  await attempt("write", path, async () => {
    const existing = await listFolder(target);
    faults.refuseForeign(path, existing ?? [], known);
    await mkdir(dirname(target), { recursive: true });
    try {
      await mkdir(temporary);
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(temporary, name)), { recursive: true });
        await writeFlushed(join(temporary, name), content);
      }
      await flushFolder(temporary);
      await exchange(temporary, target, existing !== undefined);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
    await flushFolder(dirname(target));
  });
}

async function exchange(temporary: string, target: string, exists: boolean): Promise<void> {
  if (!exists) return rename(temporary, target);
  const previous = previousName(target);
  await rm(previous, { recursive: true, force: true });
  await rename(target, previous);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rename(previous, target);
    throw error;
  }
  await rm(previous, { recursive: true, force: true });
}

/** Puts the previous folder back where a crash came between the two renames of `writeFolderAtomic`. */
export async function recoverFolder(path: string): Promise<void> {
  const target = resolve(path);
  await attempt("read", path, async () => {
    if ((await exists(target)) || !(await exists(previousName(target)))) return;
    await rename(previousName(target), target);
  });
}

/** Paths within a folder, those in folders inside too, sorted; undefined where there is none. */
async function listFolder(path: string): Promise<string[] | undefined> {
  try {
    return (await readdir(path, { recursive: true })).map((name) => name.replaceAll(sep, "/")).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function writeFlushed(path: string, content: FileContent): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename survives a power cut only once its folder is flushed too. Windows has no such call and needs none. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A sibling, because a rename is atomic only within one file system. */
function temporaryName(target: string): string {
  return join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
}

function previousName(target: string): string {
  return join(dirname(target), `.${basename(target)}.previous`);
}

function attempt<T>(verb: "read" | "write", path: string, body: () => Promise<T>): Promise<T> {
  return faults.attempt(verb, path, faults.diskReason, body);
}
