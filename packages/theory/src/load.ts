/** Theory files from disk (Node): the only part of this package that touches a file system, and only when called. */

import { TetradError } from "@tetrad/engine";
import type { Theory } from "./theory.js";
import { namedFiles, parseTheories } from "./theory-file.js";

export interface LoadOptions {
  /** Where the files that a theory names are looked up; beside the theory unless told. */
  readonly folder?: string | undefined;
}

/**
 * Reads a theory file and the data and covariance files it names, if any, relative to itself or in `folder`.
 * @throws IO when a file cannot be read; otherwise as `parseTheories`, `parseCovariance` and `readDataText`
 */
export async function loadTheories(path: string, { folder }: LoadOptions = {}): Promise<Theory[]> {
  const { resolve, dirname } = process.getBuiltinModule("node:path");
  const yaml = await readText(path);
  const files: Record<string, string> = {};
  for (const { name, role } of namedFiles(yaml, path))
    files[name] ??= await readText(resolve(folder ?? dirname(path), name), `${path} names it as its ${role}`);
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
