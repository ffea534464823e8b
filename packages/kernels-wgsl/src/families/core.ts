/** Kernels that serve the run itself. */
import { type Family, single, WORKGROUP } from "../kernel.js";

export const core = {
  copy_words: single("copy_words", ({ words }) => Math.ceil((words[0] as number) / WORKGROUP)),
  probe_fma: single("probe_fma", () => 256),
  loop_index: single("loop_index", () => 1),
  slice_in: single(
    "slice_in",
    ({ outputs }) => Math.ceil((outputs[0] as number) / WORKGROUP),
    ({ outputs }) => ({ SLICE: outputs[0] as number }),
  ),
  slice_out: single(
    "slice_out",
    ({ inputs }) => Math.ceil((inputs[0] as number) / WORKGROUP),
    ({ inputs }) => ({ SLICE: inputs[0] as number }),
  ),
} as const satisfies Family;
