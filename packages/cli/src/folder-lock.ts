/** One run at a time in a folder: a file with the number of the process that has it. */
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileError, TetradError } from "@tetrad/engine";

/** How long whoever takes a lock may need until its number is in it. */
const GRACE_MS = 100;

/**
 * Keeps a second run out of a folder, which is made where it is missing; a process that is gone keeps nobody out.
 * @param op of the run, for messages
 * @param name of the lock in the folder
 * @returns what gives it back
 * @throws TetradError ARGUMENT where another run has it, IO
 */
export async function lockFolder(op: string, folder: string, name = "lock"): Promise<() => Promise<void>> {
  const path = join(folder, name);
  const own = `${path}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    // With its number in it before anybody can see it.
    await writeFile(own, `${process.pid}`);
    while (!(await taken(own, path))) await removeStale(op, folder, path);
  } catch (error) {
    throw fileError("write", folder, error as Error);
  } finally {
    await rm(own, { force: true });
  }
  return () => rm(path, { force: true });
}

/** False where there is a lock already. */
async function taken(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw error;
      // A file system without links
      return writeFile(path, `${process.pid}`, { flag: "wx" });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes away the lock of a process that is gone. @throws TetradError ARGUMENT for one that is not */
async function removeStale(op: string, folder: string, path: string): Promise<void> {
  const holder = await holderOf(path);
  if (isRunning(holder)) refuse(op, folder, holder);
  const aside = `${path}.stale-${process.pid}`;
  await rename(path, aside).catch((error: NodeJS.ErrnoException) => {
    // Somebody else was faster.
    if (error.code !== "ENOENT") throw error;
  });
  const found = await holderOf(aside);
  if (found !== holder && isRunning(found)) {
    // Between looking and taking somebody else took it.
    await rename(aside, path);
    refuse(op, folder, found);
  }
  await rm(aside, { force: true });
}

/** 0 where there is no lock, or none that says whose it is. */
async function holderOf(path: string): Promise<number> {
  const read = async () => Number(await readFile(path, "utf8").catch(() => "0"));
  const holder = await read();
  if (holder > 0) return holder;
  await sleep(GRACE_MS);
  return read();
}

function refuse(op: string, folder: string, holder: number): never {
  throw new TetradError("ARGUMENT", {
    op,
    what: `another run is writing to ${folder}`,
    got: `process ${holder}`,
    hint: "wait for it, or choose another --out",
  });
}

/** Of another process than this one. */
function isRunning(holder: number): boolean {
  if (!(holder > 0) || holder === process.pid) return false;
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
