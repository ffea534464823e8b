/** bfloat16: the upper half of an f32. */
import { words16 } from "./words16.js";

const scratch = new Uint32Array(1);
const asFloat = new Float32Array(scratch.buffer);

function bits(x: number): number {
  asFloat[0] = x;
  const full = scratch[0] as number;
  if (Number.isNaN(x)) return 0x7fc0;
  return ((full + 0x7fff + ((full >>> 16) & 1)) >>> 16) & 0xffff;
}

function value(half: number): number {
  scratch[0] = half << 16;
  return asFloat[0] as number;
}

export const bf16 = words16("bf16", 1, bits, value);
