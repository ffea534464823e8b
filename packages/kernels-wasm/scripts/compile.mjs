/** Compiles AssemblyScript to wasm bytes; as a worker thread it serves build.mjs, so that two modules compile at once. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import asc from "assemblyscript/asc";

const FEATURES = { baseline: "simd,threads", relaxed: "simd,relaxed-simd,threads" };
/** One page is the least an import may ask for; the host's memory is larger, and its maximum must not exceed the one declared here. */
const FLAGS = [
  "--runtime",
  "stub",
  "-O3",
  "--noAssert",
  "--use",
  "abort=",
  "--importMemory",
  "--sharedMemory",
  "--initialMemory",
  "1",
  "--maximumMemory",
  "65536",
  "--importTable",
  "--noExportMemory",
  // v128 in signatures is fine between functions of one module, which is all there is.
  "--disableWarning",
  "112",
];

/** Everything besides the sources that decides the bytes; part of the cache key. */
export const flavour = JSON.stringify([FLAGS, FEATURES]);

/**
 * `entry` is the source text of a file that lives, without being written, at the root of the folder `assembly`; `overlay` holds texts that
 * stand in for files of it, by path; `names` keeps the functions' names, which changes no code. Throws with the compiler's messages.
 * @param {string} assembly
 * @param {"baseline" | "relaxed"} build
 * @param {string} entry
 * @param {{ overlay?: Readonly<Record<string, string>>, names?: boolean }} [options]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function compile(assembly, build, entry, { overlay = {}, names = false } = {}) {
  /** @type {Uint8Array<ArrayBuffer> | undefined} */
  let binary;
  let messages = "";
  const own = ["--enable", FEATURES[build], "--baseDir", assembly, ...(names ? ["--debug"] : [])];
  const { error } = await asc.main(["entry.ts", "--outFile", "out.wasm", ...own, ...FLAGS], {
    stderr: {
      write: (text) => {
        messages += text;
      },
    },
    readFile: (name, baseDir) => {
      if (name === "entry.ts") return entry;
      if (Object.hasOwn(overlay, name)) return overlay[name] ?? null;
      const path = join(baseDir, name);
      return existsSync(path) ? readFileSync(path, "utf8") : null;
    },
    writeFile: (name, contents) => {
      if (name === "out.wasm") binary = new Uint8Array(/** @type {Uint8Array} */ (contents));
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`${error?.message ?? "no output"}\n${messages}`);
  return binary;
}

const port = parentPort;
port?.on("message", async ({ id, assembly, build, entry, options }) => {
  try {
    port.postMessage({ id, bytes: await compile(assembly, build, entry, options) });
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
