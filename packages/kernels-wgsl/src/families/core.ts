/** Kernels that serve the run itself. */
import { type Family, single, WORKGROUP } from "../kernel.js";

export const core = {
  copy_words: single("copy_words", ({ words }) => Math.ceil((words[0] as number) / WORKGROUP)),
  probe_fma: single("probe_fma", () => 256),
  loop_index: single("loop_index", () => 1),
} as const satisfies Family;
