/** The words of all dispatches in one uniform buffer, a slice each; those that follow a live length are written anew when it changes. */

import type { Count, Scalar } from "../../op.js";
import type { WebGpuDevice } from "./device.js";
import { COPY_DST, UNIFORM } from "./flags.js";

/** A whole number, a float, or a launch's own scalar. */
export type Word =
  | { readonly kind: "whole"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "scalar"; readonly scalar: Scalar };

export interface UniformSlice {
  readonly offset: number;
  readonly size: number;
}

/** A word that follows a live length, and where it stands. */
interface LiveWord {
  readonly axis: string;
  readonly times: number;
  readonly byteOffset: number;
}

/** Alignment of slices (bytes), the largest that WebGPU allows a device to ask for. */
const ALIGNMENT = 256;
export const SLICE_WORDS = ALIGNMENT / 4;

export function wholes(values: readonly number[]): Word[] {
  return values.map((value) => ({ kind: "whole", value }));
}

export class Uniforms {
  readonly #slices: { readonly bytes: ArrayBuffer; readonly offset: number }[] = [];
  readonly #liveWords: LiveWord[] = [];
  readonly #live: Map<string, number>;
  #bytes = 0;
  #buffer: GPUBuffer | undefined;

  constructor(
    private readonly gpu: WebGpuDevice,
    live: ReadonlyMap<string, number>,
  ) {
    this.#live = new Map(live);
  }

  /** What a count is at the present live lengths. */
  count(count: Count): number {
    return typeof count === "number" ? count : count.times * count.live.times * (this.#live.get(count.live.name) as number);
  }

  /** Reserves a slice and fills it; only before `upload`. */
  reserve(words: readonly Word[]): UniformSlice {
    // No word takes more than two.
    const bytes = new DataView(new ArrayBuffer(Math.max(ALIGNMENT, Math.ceil((words.length * 8) / ALIGNMENT) * ALIGNMENT)));
    const offset = this.#bytes;
    let at = 0;
    const float = (value: number): void => {
      bytes.setFloat32(at, value, true);
      at += 4;
    };
    const whole = (value: number): void => {
      bytes.setInt32(at, value | 0, true);
      at += 4;
    };
    for (const word of words) {
      if (word.kind === "whole") whole(word.value);
      else if (word.kind === "float") float(word.value);
      else if (word.scalar === "randomState") whole(0);
      else if (typeof word.scalar === "object" && "f64" in word.scalar) {
        // A float64 travels as two floats whose sum it is.
        const { f64 } = word.scalar;
        const high = Math.fround(f64);
        float(high);
        float(Number.isFinite(high) ? f64 - high : 0);
      } else {
        const { scalar } = word;
        if (typeof scalar === "object")
          this.#liveWords.push({ axis: scalar.live.name, times: scalar.times * scalar.live.times, byteOffset: offset + at });
        whole(this.count(scalar));
      }
    }
    this.#slices.push({ bytes: bytes.buffer, offset });
    this.#bytes += bytes.byteLength;
    return { offset, size: bytes.byteLength };
  }

  upload(): void {
    this.#buffer = this.gpu.device.createBuffer({ size: Math.max(this.#bytes, ALIGNMENT), usage: UNIFORM | COPY_DST });
    for (const { bytes, offset } of this.#slices.splice(0)) this.gpu.queue.writeBuffer(this.#buffer, offset, bytes);
  }

  resource({ offset, size }: UniformSlice): GPUBufferBinding {
    return { buffer: this.#buffer as GPUBuffer, offset, size: Math.min(size, 65536) };
  }

  setLive(axis: string, length: number): void {
    this.#live.set(axis, length);
    for (const word of this.#liveWords)
      if (word.axis === axis) this.gpu.queue.writeBuffer(this.#buffer as GPUBuffer, word.byteOffset, Uint32Array.of(length * word.times));
  }
}
