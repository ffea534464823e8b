/** Attention in the FlashAttention manner, and rotary positions. */
import type { Family } from "../kernel.js";

export const attention = {} as const satisfies Family;
