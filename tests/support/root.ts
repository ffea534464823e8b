// Where the repository lies, for tests that look at its files.
import { fileURLToPath } from "node:url";

/** Absolute path of the repository's root, without a trailing separator. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
