/** Where this package's own files are; `dist` and `src` lie equally deep in it. */
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

export function packagePath(relative: string): string {
  return fileURLToPath(new URL(relative, root));
}

/** A program of this package that runs as a process of its own, always the compiled one. */
export function childPath(name: string): string {
  return packagePath(`dist/children/${name}.js`);
}
