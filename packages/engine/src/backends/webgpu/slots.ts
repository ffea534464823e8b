/**
 * Storage of the values between launches. WebGPU refuses a buffer that one dispatch binds both to be read and to be written, even for parts that do not
 * overlap, so values share whole buffers ("slots") instead of an arena: two values have one slot when their lives do not meet.
 */

import type { Tensor } from "../../tensor.js";
import { deviceBytes } from "./segment.js";

/** First and last launch that touches a value; both inclusive. */
export interface Life {
  readonly tensor: Tensor;
  readonly first: number;
  readonly last: number;
}

export interface Slots {
  readonly bytes: readonly number[];
  readonly of: ReadonlyMap<Tensor, number>;
}

/** Largest value first; each takes the smallest slot that is free during its life. */
export function colour(lives: readonly Life[]): Slots {
  const slots: { bytes: number; taken: Life[] }[] = [];
  const of = new Map<Tensor, number>();
  const sized = lives.map((life) => ({ life, bytes: deviceBytes(life.tensor.dtype, life.tensor.size) }));
  sized.sort((a, b) => b.bytes - a.bytes || a.life.first - b.life.first);
  for (const { life, bytes } of sized) {
    let best = -1;
    slots.forEach((slot, i) => {
      const free = slot.taken.every((other) => other.last < life.first || life.last < other.first);
      if (free && (best < 0 || slot.bytes < (slots[best]?.bytes as number))) best = i;
    });
    if (best < 0) best = slots.push({ bytes, taken: [] }) - 1;
    slots[best]?.taken.push(life);
    of.set(life.tensor, best);
  }
  return { bytes: slots.map(({ bytes }) => bytes), of };
}
