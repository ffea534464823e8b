/** Flat storage on the device with a mirror on the host: whoever has the newer content is remembered, and copies are made when they are needed. */

import { type DType, type HostArray, hostArray } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { Segment } from "../backend.js";
import type { WebGpuDevice } from "./device.js";
import { COPY_DST, MAP_MODE_READ, MAP_READ } from "./flags.js";

/** Bytes of `elements` on the device: everything takes four-byte words but stored blocks, which are packed. Numbers in f64 are held as f32. */
export function deviceBytes(dtype: DType, elements: number): number {
  return Math.max(16, Math.ceil((dtype === "u8" ? elements : 4 * elements) / 16) * 16);
}

/** The host's numbers as the device holds them. */
export function toDevice(
  dtype: DType,
  data: ArrayLike<number>,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> {
  if (dtype === "u8") {
    const bytes = new Uint8Array(Math.ceil(data.length / 4) * 4);
    bytes.set(data);
    return bytes;
  }
  return dtype === "f32" || dtype === "f64" ? Float32Array.from(data) : Int32Array.from(data);
}

/** Puts the device's words into a host array. */
export function fromDevice(dtype: DType, bytes: ArrayBuffer, byteOffset: number, target: HostArray): void {
  const { length } = target;
  if (dtype === "u8") target.set(new Uint8Array(bytes, byteOffset, length));
  else
    target.set(
      dtype === "f32" || dtype === "f64" ? new Float32Array(bytes, byteOffset, length) : new Int32Array(bytes, byteOffset, length),
    );
}

export class WebGpuSegment implements Segment {
  readonly buffer: GPUBuffer;
  readonly #host: HostArray;
  /** Both are zeros at first. */
  #hostIsNewer = false;
  #deviceIsNewer = false;

  constructor(
    private readonly gpu: WebGpuDevice,
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.#host = hostArray(dtype, length);
    this.buffer = gpu.storage(deviceBytes(dtype, length), () => `${length} numbers that lie together, as a store's parameters do`);
  }

  view(): HostArray {
    this.requireHost();
    return this.#host;
  }

  /** Whether the newer content is on the device. */
  get isNewer(): boolean {
    return this.#deviceIsNewer;
  }

  /** @throws TetradError ARGUMENT while the newer content is on the device */
  requireHost(): void {
    if (!this.#deviceIsNewer) return;
    throw new TetradError("ARGUMENT", { op: "store", what: "its values are on the GPU", hint: "await store.pull() first" });
  }

  write(data: ArrayLike<number>, offset = 0): void {
    // What is not overwritten must be the newest, too.
    if (data.length < this.length) this.requireHost();
    this.#host.set(data, offset);
    this.#hostIsNewer = true;
    this.#deviceIsNewer = false;
  }

  /** Before a run that reads it. */
  push(): void {
    if (!this.#hostIsNewer) return;
    this.gpu.queue.writeBuffer(this.buffer, 0, toDevice(this.dtype, this.#host));
    this.#hostIsNewer = false;
  }

  /** After a run that wrote it. */
  written(): void {
    this.#deviceIsNewer = true;
  }

  /** Takes the device's content out of a mapped buffer: both sides are the same then. */
  adopt(mapped: ArrayBuffer, at: number): void {
    fromDevice(this.dtype, mapped, at, this.#host);
    this.#hostIsNewer = false;
    this.#deviceIsNewer = false;
  }

  async pull(): Promise<void> {
    if (!this.#deviceIsNewer) return;
    const { size } = this.buffer;
    const staging = this.gpu.device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    const encoder = this.gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.buffer, 0, staging, 0, size);
    this.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_MODE_READ);
    fromDevice(this.dtype, staging.getMappedRange(), 0, this.#host);
    staging.destroy();
    this.#deviceIsNewer = false;
  }

  release(): void {
    this.buffer.destroy();
  }
}
