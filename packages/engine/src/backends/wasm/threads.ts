/** How many threads this machine and page allow. */

/**
 * Cores that this process may use; 1 in a page that is not cross-origin isolated, where memory cannot be shared with workers.
 * Node counts affinity and container limits, too.
 */
export function availableThreads(): number {
  if (!canShareMemory()) return 1;
  const cores = globalThis.navigator?.hardwareConcurrency ?? globalThis.process?.getBuiltinModule?.("node:os").availableParallelism();
  return Math.max(1, cores ?? 1);
}

/** Whether wasm memory can be posted to a worker. */
export function canShareMemory(): boolean {
  return isNode() || globalThis.crossOriginIsolated === true;
}

/** Whether this thread may sleep in Atomics.wait: never the main thread of a page. */
export function canBlock(words: Int32Array): boolean {
  try {
    // The null guard holds 0, so that waiting for a change from 1 returns at once where waiting is allowed at all.
    Atomics.wait(words, 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

export function isNode(): boolean {
  return typeof globalThis.process?.versions?.node === "string";
}
