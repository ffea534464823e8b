/** Theory files from disk (Node): the only part of this package that touches a file system, and only when called. */

import { TetradError } from "@tetrad/engine";
import { type Covariance, parseCovariance } from "./covariance.js";
import type { Theory } from "./theory.js";
import { covarianceFile, parseTheories } from "./theory-file.js";

/**
 * Reads a theory file and the covariance file it names, if any, relative to itself.
 * @throws IO when a file cannot be read; otherwise as `parseTheories` and `parseCovariance`
 */
export async function loadTheories(path: string): Promise<Theory[]> {
  const { resolve, dirname } = process.getBuiltinModule("node:path");
  const yaml = await readText(path);
  const named = covarianceFile(yaml, path);
  let covariance: Covariance | undefined;
  if (named !== undefined) {
    const file = resolve(dirname(path), named);
    covariance = parseCovariance(await readText(file, path), named);
  }
  return parseTheories(yaml, { source: path, covariance });
}

async function readText(path: string, namedBy?: string): Promise<string> {
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
        ...(namedBy !== undefined && { hint: `${namedBy} names it as its covariance` }),
      },
      { cause },
    );
  }
}
