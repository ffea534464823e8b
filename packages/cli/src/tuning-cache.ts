/** Where tuning tables are kept between runs: one file per device in the user's cache folder. A table that cannot be used is left alone and named in one note. */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Tuning, TuningTable } from "@tetrad/engine";

type Environment = Readonly<Record<string, string | undefined>>;

/** XDG_CACHE_HOME where it is set, else what the system's programs use. */
export function cacheFolder(env: Environment, platform: NodeJS.Platform = process.platform): string {
  const own = (base: string | undefined, ...otherwise: string[]) => join(base || join(homedir(), ...otherwise), "tetrad");
  if (env["XDG_CACHE_HOME"]) return own(env["XDG_CACHE_HOME"]);
  if (platform === "win32") return own(env["LOCALAPPDATA"], "AppData", "Local");
  return platform === "darwin" ? own(undefined, "Library", "Caches") : own(undefined, ".cache");
}

export function cachePath(env: Environment, device: string): string {
  return join(cacheFolder(env), `tuning-${createHash("sha256").update(device).digest("hex").slice(0, 16)}.json`);
}

/**
 * The table in `file`, or the cached one of this device when none is named.
 * @throws TetradError IO when a named file cannot be read
 */
export async function loadTuning(env: Environment, file: string | undefined, note: (text: string) => void): Promise<Tuning | undefined> {
  const { deviceKey, readBytes, readTuning } = await import("@tetrad/engine");
  const device = deviceKey();
  const path = file ?? cachePath(env, device);
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
  const path = cachePath(env, table.device);
  await mkdir(cacheFolder(env), { recursive: true });
  await writeFileAtomic(path, tuningText(known === undefined ? table : mergeTuning(known.table, table)));
  return path;
}

export function tuningText(table: TuningTable): string {
  return `${JSON.stringify(table, null, 1)}\n`;
}
