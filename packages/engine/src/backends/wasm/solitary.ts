/**
 * The worker of a page that may not share memory (no cross-origin isolation): it has a memory of its own, laid out as the page's, which what lives there
 * is copied into before a job and out of after it, so that the page's main thread stays free while one thread computes. A copy costs about 0.1 ms a
 * megabyte each way; data sets, which no kernel writes, cross once.
 */

import { TetradError } from "../../errors.js";
import { trapError } from "./crew.js";
import type { WasmMemory } from "./memory.js";
import type { LoadedModule } from "./worker-source.js";

interface Range {
  readonly address: number;
  readonly bytes: number;
}

type ToSolitary =
  | { readonly kind: "load"; readonly modules: readonly LoadedModule[] }
  | {
      readonly kind: "run";
      readonly pages: number;
      /** What the data holds, one range after another; those in front of `back` return. */
      readonly ranges: readonly Range[];
      readonly back: number;
      readonly data: ArrayBuffer;
      readonly job: readonly number[];
    };

type FromSolitary = { readonly done: number; readonly data: ArrayBuffer } | { readonly failed: string; readonly trapped: boolean };

/** The program of the worker, plain JavaScript that can start from a blob. */
export const solitarySource = `"use strict";
const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
const table = new WebAssembly.Table({ initial: 64, element: "anyfunc" });
let runSteps;
function load(modules) {
  for (const { module, slots } of modules) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory, table, now: () => performance.now() } });
    for (const [name, slot] of slots) {
      if (slot >= table.length) table.grow(Math.max(slot + 1 - table.length, table.length));
      table.set(slot, exports[name]);
    }
    runSteps = exports.run_steps || runSteps;
  }
}
function run({ pages, ranges, back, data, job }) {
  const have = memory.buffer.byteLength / 65536;
  if (pages > have) memory.grow(pages - have);
  const bytes = new Uint8Array(memory.buffer);
  const moved = new Uint8Array(data);
  let at = 0;
  for (const { address, bytes: length } of ranges) {
    bytes.set(moved.subarray(at, at + length), address);
    at += length;
  }
  const done = runSteps(...job);
  at = 0;
  for (const { address, bytes: length } of ranges.slice(0, back)) {
    moved.set(bytes.subarray(address, address + length), at);
    at += length;
  }
  self.postMessage({ done, data }, [data]);
}
self.onmessage = ({ data: message }) => {
  let running = false;
  try {
    if (message.kind === "load") return load(message.modules);
    running = true;
    run(message);
  } catch (error) {
    self.postMessage({ failed: String(error && error.message || error), trapped: running });
  }
};
`;

export class Solitary {
  readonly #worker: Worker;
  #modules = 0;
  /** Serial numbers of the regions that crossed to stay. */
  readonly #settled = new Set<number>();
  #waiting: { resolve(message: FromSolitary): void; reject(error: Error): void } | undefined;

  constructor(
    private readonly memory: WasmMemory,
    private readonly modules: readonly LoadedModule[],
  ) {
    const blob = URL.createObjectURL(new Blob([solitarySource], { type: "text/javascript" }));
    this.#worker = new Worker(blob, { name: "tetrad" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromSolitary>) => {
      URL.revokeObjectURL(blob);
      this.#waiting?.resolve(data);
    };
    this.#worker.onerror = (event) => this.#waiting?.reject(new Error(event.message || "the page's policy forbids workers from blobs"));
  }

  /** @throws TetradError INTERNAL when a kernel traps or the worker cannot start */
  async run(job: readonly number[]): Promise<number> {
    const { memory } = this;
    if (this.#modules < this.modules.length) {
      this.#post({ kind: "load", modules: this.modules.slice(this.#modules) });
      this.#modules = this.modules.length;
    }
    const regions = memory.regions().filter(({ still, serial }) => !still || !this.#settled.has(serial));
    const moving = [...regions.filter(({ still }) => !still), ...regions.filter(({ still }) => still)];
    const back = moving.findIndex(({ still }) => still);
    const returning = back < 0 ? moving.length : back;
    const data = new ArrayBuffer(moving.reduce((sum, { bytes }) => sum + bytes, 0));
    const bytes = new Uint8Array(data);
    let at = 0;
    for (const { address, bytes: length } of moving) {
      bytes.set(memory.u8(address, length), at);
      at += length;
    }
    for (const { serial } of moving.slice(returning)) this.#settled.add(serial);
    memory.beginJournal();
    try {
      const answer = await new Promise<FromSolitary>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        const ranges = moving.map(({ address, bytes: length }) => ({ address, bytes: length }));
        this.#post({ kind: "run", pages: memory.memory.buffer.byteLength / 65536, ranges, back: returning, data, job }, [data]);
      });
      if ("failed" in answer) {
        if (answer.trapped) throw trapError(0, answer.failed);
        throw new TetradError("INTERNAL", { op: "run", what: "the worker thread failed", got: answer.failed });
      }
      const now = new Map(memory.regions().map(({ serial, address }) => [serial, address]));
      const moved = new Uint8Array(answer.data);
      at = 0;
      for (const { serial, address, bytes: length } of moving.slice(0, returning)) {
        // A region that was freed meanwhile may be another's by now.
        if (now.get(serial) === address) memory.u8(address, length).set(moved.subarray(at, at + length));
        at += length;
      }
      return answer.done;
    } finally {
      this.#waiting = undefined;
      memory.endJournal();
    }
  }

  terminate(): void {
    this.#worker.terminate();
  }

  #post(message: ToSolitary, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
