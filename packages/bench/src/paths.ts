/** Where this package's own files are. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Asked for by name, since the program `tetrad` holds this code in a file of its own. */
const root = dirname(createRequire(import.meta.url).resolve("@tetrad/bench/package.json"));

export function packagePath(relative: string): string {
  return join(root, relative);
}

/** A program of this package that runs as a process of its own, always the compiled one. */
export function childPath(name: string): string {
  return packagePath(`dist/children/${name}.js`);
}
