/** Where the repository's example files are: the demonstration runs on them, so that everything it does can be repeated by hand. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TetradError } from "@tetrad/engine";

/** @throws TetradError IO outside a clone of the repository */
export function examplePath(...parts: readonly string[]): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    const path = join(folder, "examples", ...parts);
    if (existsSync(path)) return path;
  }
  throw new TetradError("IO", {
    op: "demo",
    what: `the example ${parts.join("/")} is missing`,
    hint: "the demonstration runs in a clone of the repository: clone it and call `npm run demo` there",
  });
}
