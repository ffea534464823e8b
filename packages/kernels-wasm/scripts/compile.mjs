/** Compiles AssemblyScript to wasm bytes; as a worker thread it serves build.mjs, so that two modules compile at once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import asc from "assemblyscript/asc";

const FEATURES = { baseline: "simd,threads", relaxed: "simd,relaxed-simd,threads" };
/** One page is the least an import may ask for; the host's memory is larger, and its maximum must not exceed the one declared here. */
const FLAGS = [
  "--runtime", "stub", "-O3", "--noAssert", "--use", "abort=",
  "--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536", "--importTable", "--noExportMemory",
];

/** Everything besides the sources that decides the bytes; part of the cache key. */
export const flavour = JSON.stringify([FLAGS, FEATURES]);

/** `entry` is the source text of a file that lives, without being written, at the root of `assembly`. */
export async function compile(assembly, build, entry) {
  let binary;
  let messages = "";
  const { error } = await asc.main(["entry.ts", "--outFile", "out.wasm", "--enable", FEATURES[build], "--baseDir", assembly, ...FLAGS], {
    stderr: { write: (text) => void (messages += text) },
    readFile: (name, baseDir) => {
      if (name === "entry.ts") return entry;
      try {
        return readFileSync(join(baseDir, name), "utf8");
      } catch (failure) {
        if (failure.code === "ENOENT") return null;
        throw failure;
      }
    },
    writeFile: (name, contents) => {
      if (name === "out.wasm") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${error.message}\n${messages}`);
  return binary;
}

parentPort?.on("message", async ({ id, assembly, build, entry }) => {
  try {
    parentPort.postMessage({ id, bytes: await compile(assembly, build, entry) });
  } catch (error) {
    parentPort.postMessage({ id, error: error.message });
  }
});
