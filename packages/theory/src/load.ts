/** Theory files from disk (Node): the only part of this package that touches a file system, and only when called. */

import { TetradError } from "@tetrad/engine";
import type { Theory } from "./theory.js";
import { namedFiles, parseTheories } from "./theory-file.js";

export interface LoadOptions {
  /** Where the files that a theory names are looked up when they are not beside it. */
  readonly folder?: string | undefined;
}

/**
 * Reads a theory file and the data and covariance files it names, if any, relative to itself or in `folder`.
 * @throws IO when a file cannot be read; otherwise as `parseTheories`, `parseCovariance` and `readDataText`
 */
export async function loadTheories(path: string, { folder }: LoadOptions = {}): Promise<Theory[]> {
  const { resolve, dirname } = process.getBuiltinModule("node:path");
  const { existsSync } = process.getBuiltinModule("node:fs");
  const yaml = await readText(path);
  const files: Record<string, string> = {};
  for (const { name, role } of namedFiles(yaml, path)) {
    const places = [dirname(path), ...(folder === undefined ? [] : [folder])].map((place) => resolve(place, name));
    const found = places.find((place) => existsSync(place)) ?? (places.at(-1) as string);
    files[name] ??= await readText(
      found,
      `${path} names it as its ${role}${folder === undefined ? "; --folder tells another folder" : ""}`,
    );
  }
  return parseTheories(yaml, { source: path, files });
}

async function readText(path: string, hint?: string): Promise<string> {
  const { readFile } = process.getBuiltinModule("node:fs/promises");
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw new TetradError(
      "IO",
      {
        op: "theory",
        what: code === "ENOENT" ? `there is no file ${path}` : `cannot read ${path} (${code})`,
        hint,
      },
      { cause },
    );
  }
}
