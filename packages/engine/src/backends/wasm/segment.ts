/** Flat storage in wasm memory. */

import { byteSize, type DType, type HostArray } from "../../dtype.js";
import type { Segment } from "../backend.js";
import type { WasmMemory } from "./memory.js";

/** Memory that was shared once stays where it is when it grows, so a view may be kept for as long as its region. */
export function viewOf(memory: WasmMemory, dtype: DType, address: number, length: number): HostArray {
  switch (dtype) {
    case "f32":
      return memory.f32(address, length);
    case "f64":
      return memory.f64(address, length);
    case "i32":
      return memory.i32(address, length);
    case "bool":
    case "u8":
      return memory.u8(address, length);
  }
}

export class WasmSegment implements Segment {
  readonly address: number;
  readonly bytes: number;
  readonly #view: HostArray;
  /** Addresses of weights in it that were packed besides (packed-weights.ts) */
  readonly panels = new Map<string, number>();

  constructor(
    private readonly memory: WasmMemory,
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.bytes = length * byteSize(dtype);
    this.address = memory.allocate(this.bytes);
    this.#view = viewOf(memory, dtype, this.address, length);
    this.#view.fill(0);
  }

  view(): HostArray {
    return this.#view;
  }

  write(data: ArrayLike<number>, offset = 0): void {
    this.#view.set(data, offset);
    if (!this.memory.journalling) return;
    const own = Array.from(data);
    this.memory.note(() => this.#view.set(own, offset));
  }

  async pull(): Promise<void> {}

  release(): void {
    for (const address of [this.address, ...this.panels.values()]) this.memory.free(address);
  }
}
