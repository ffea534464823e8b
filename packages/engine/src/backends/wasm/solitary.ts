/**
 * The worker of a page that may not share memory (no cross-origin isolation): it has a memory of its own, laid out as the page's, which what lives there
 * is copied into before a job and out of after it, so that the page's main thread stays free while one thread computes. A copy costs about 0.1 ms a
 * megabyte each way; data sets, which no kernel writes, cross once.
 */

import { TetradError } from "../../errors.js";
import { trapError } from "./crew.js";
import type { WasmMemory } from "./memory.js";
import type { FromWorker, LoadedModule, ToSolitary, WorkerHandle } from "./worker-source.js";

export class Solitary {
  #modules = 0;
  /** Serial numbers of the regions that crossed to stay. */
  readonly #settled = new Set<number>();
  #waiting: { resolve(message: FromWorker): void; reject(error: unknown): void } | undefined;

  constructor(
    private readonly memory: WasmMemory,
    private readonly modules: readonly LoadedModule[],
    private readonly worker: WorkerHandle,
  ) {
    worker.listen(
      (message) => this.#waiting?.resolve(message),
      (error) => this.#waiting?.reject(error),
    );
  }

  /** @throws TetradError INTERNAL when a kernel traps, NoWorker where none starts */
  async run(job: readonly number[]): Promise<number> {
    const { memory } = this;
    if (this.#modules < this.modules.length) {
      this.#post({ kind: "prepare", modules: this.modules.slice(this.#modules) });
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
      const answer = await new Promise<FromWorker>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        const ranges = moving.map(({ address, bytes: length }) => ({ address, bytes: length }));
        this.#post({ kind: "compute", pages: memory.memory.buffer.byteLength / 65536, ranges, back: returning, data, job }, [data]);
      });
      if (answer.kind !== "computed") {
        const got = answer.kind === "failed" ? answer.message : `the answer ${answer.kind}`;
        if (answer.kind === "failed" && answer.trapped) throw trapError(0, got);
        throw new TetradError("INTERNAL", { op: "run", what: "the worker thread failed", got });
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

  terminate(): Promise<void> {
    return this.worker.terminate();
  }

  #post(message: ToSolitary, transfer: ArrayBuffer[] = []): void {
    this.worker.post(message, transfer);
  }
}
