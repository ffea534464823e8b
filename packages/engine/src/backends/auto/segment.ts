/** Storage that a CPU program and a GPU program share: wasm memory, and a device buffer from the first time that a GPU program needs it. */

import type { DType, HostArray } from "../../dtype.js";
import type { Segment } from "../backend.js";
import type { WebGpuDevice } from "../webgpu/device.js";
import type { WebGpuSegment } from "../webgpu/segment.js";

export class AutoSegment implements Segment {
  #device: WebGpuSegment | undefined;
  /** Counts changes on the host; the device has that of `#pushed`. */
  #version = 0;
  #pushed = -1;

  constructor(
    /** In wasm memory. */
    readonly host: Segment,
  ) {}

  get dtype(): DType {
    return this.host.dtype;
  }

  get length(): number {
    return this.host.length;
  }

  view(): HostArray {
    // Throws while the newer content is on the device.
    this.#device?.requireHost();
    return this.host.view();
  }

  write(data: ArrayLike<number>, offset = 0): void {
    if (data.length < this.length) this.#device?.requireHost();
    this.host.write(data, offset);
    this.hostChanged();
  }

  /** Whether the newer content is on the device. */
  get isAway(): boolean {
    return this.#device?.isNewer ?? false;
  }

  async pull(): Promise<void> {
    if (!this.isAway) return;
    await this.#device?.pull();
    this.takeMirror();
  }

  /** A CPU program has written it. */
  hostChanged(): void {
    this.#version++;
  }

  /** The device's buffer, made at the first call. */
  on(gpu: WebGpuDevice): WebGpuSegment {
    this.#device ??= gpu.segment(this.dtype, this.length);
    return this.#device;
  }

  /** Before a GPU program runs: what the host has changed goes there. */
  push(): void {
    if (this.#device === undefined || this.#device.isNewer || this.#pushed === this.#version) return;
    this.#device.write(this.host.view());
    this.#pushed = this.#version;
  }

  /** Takes over what has come from the device into its mirror on the host. */
  takeMirror(): void {
    if (this.#device === undefined) return;
    this.host.write(this.#device.view());
    this.#pushed = ++this.#version;
  }

  release(): void {
    this.#device?.release();
    this.host.release();
  }
}
