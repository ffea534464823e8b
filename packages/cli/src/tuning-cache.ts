/** Where tuning tables are kept between runs: one file per device in the user's cache folder. A table that cannot be used is left alone and named in one note. */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Tuning, TuningTable } from "@tetrad/engine";

type Environment = Readonly<Record<string, string | undefined>>;

async function cachePath(env: Environment, device: string): Promise<string> {
  const { cacheFolder } = await import("@tetrad/engine");
  return join(cacheFolder(env), `tuning-${createHash("sha256").update(device).digest("hex").slice(0, 16)}.json`);
}

/**
 * The table in `file`, or the cached one of this device when none is named and the environment does not say to leave the cache alone.
 * @throws TetradError IO when a named file cannot be read
 */
export async function loadTuning(env: Environment, file: string | undefined, note: (text: string) => void): Promise<Tuning | undefined> {
  const { cacheIsOff, deviceKey, readBytes, readTuning } = await import("@tetrad/engine");
  if (file === undefined && cacheIsOff(env)) return undefined;
  const device = deviceKey();
  const path = file ?? (await cachePath(env, device));
  // No cache yet is the usual case, and a cache that may not be read is as good as none.
  const bytes = file === undefined ? await readFile(path).catch(() => undefined) : await readBytes(file);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    note(`note: the tuning table ${path} is ignored: it is not valid JSON`);
    return undefined;
  }
  const table = readTuning(value, device);
  if (typeof table !== "string") return { table, source: file ?? "cache" };
  note(`note: the tuning table ${path} is ignored: ${table}`);
  return undefined;
}

/** Adds to the cached table of the device; returns where. */
export async function saveTuning(env: Environment, table: TuningTable): Promise<string> {
  const { mergeTuning, writeFileAtomic } = await import("@tetrad/engine");
  const known = await loadTuning(env, undefined, () => {});
  const path = await cachePath(env, table.device);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, tuningText(known === undefined ? table : mergeTuning(known.table, table)));
  return path;
}

export function tuningText(table: TuningTable): string {
  return `${JSON.stringify(table, null, 1)}\n`;
}
