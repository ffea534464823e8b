/** A compiler that stays warm in a worker: the second compilation of a session takes a third less than the first, and none blocks the watch. */
import { Worker } from "node:worker_threads";
import { faults } from "../scripts/inspect.mjs";
import { LabError, versionEntry, assembly as workingTree } from "./target.mjs";

export class Compiler {
  #worker = new Worker(new URL("../scripts/compile.mjs", import.meta.url));
  #waiting = new Map();
  #count = 0;

  constructor() {
    this.#worker.on("message", (answer) => {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    });
    this.#worker.on("error", (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    });
    // Last, because listening for messages makes a worker count as work to wait for.
    this.#worker.unref();
  }

  /**
   * The target's kernels, exported with `suffix`. Throws LabError with the compiler's messages.
   * @returns {Promise<{ bytes: Uint8Array<ArrayBuffer>, ms: number }>}
   */
  async compile(target, build, suffix, { assembly = workingTree, overlay = {} } = {}) {
    const before = performance.now();
    const id = ++this.#count;
    const { bytes, error } = await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, assembly, build, entry: versionEntry(target, suffix), options: { overlay, names: true } });
    }).finally(() => this.#worker.unref());
    if (error !== undefined) throw new LabError(`${target.path} does not compile: ${error}`);
    const wrong = faults(
      bytes,
      target.kernels.map((kernel) => kernel + suffix),
    );
    if (wrong.length > 0) throw new LabError(`${target.path} is not fit to ship: ${wrong.join("; ")}`);
    return { bytes, ms: performance.now() - before };
  }

  close() {
    return this.#worker.terminate();
  }
}
