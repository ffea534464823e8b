/** What outlives a step on the device, put aside while steps run that only look. */

import type { WebGpuDevice } from "./device.js";
import { COPY_DST, COPY_SRC } from "./flags.js";
import type { WebGpuSegment } from "./segment.js";

/** Copies segments on the device; the result puts them back. */
export function snapshot({ device, queue }: WebGpuDevice, segments: Iterable<WebGpuSegment>): () => void {
  const sources = [...segments].map(({ buffer }) => buffer);
  const copies = sources.map(({ size }) => device.createBuffer({ size, usage: COPY_SRC | COPY_DST }));
  const move = (from: readonly GPUBuffer[], to: readonly GPUBuffer[]) => {
    const encoder = device.createCommandEncoder();
    from.forEach((buffer, i) => encoder.copyBufferToBuffer(buffer, 0, to[i] as GPUBuffer, 0, buffer.size));
    queue.submit([encoder.finish()]);
  };
  move(sources, copies);
  return () => {
    move(copies, sources);
    for (const copy of copies) copy.destroy();
  };
}
