/** Kernels that serve the run itself. */
import { type Family, type LaunchShape, perElement, single, WORKGROUP } from "../kernel.js";

/** How gather_batch divides a batch: words of a row, threads of a row, and words that a workgroup copies of each of its rows. */
function batchRows({ inputs, words }: LaunchShape) {
  const [rows, , batch] = words as [number, number, number];
  const WIDTH = (inputs[0] as number) / rows;
  const LANES = Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(WIDTH)));
  return { batch, WIDTH, LANES, SPAN: 4096 };
}

export const core = {
  commit: perElement("commit"),
  end_step: single("end_step", () => 1),
  gather_batch: single(
    "gather_batch",
    (shape) => {
      const { batch, WIDTH, LANES, SPAN } = batchRows(shape);
      return Math.ceil(WIDTH / SPAN) * Math.ceil((batch * LANES) / WORKGROUP);
    },
    (shape) => {
      const { WIDTH, LANES, SPAN } = batchRows(shape);
      return { WIDTH, LANES, SPAN };
    },
  ),
  record_loss: single("record_loss", () => 1),
  copy_words: single("copy_words", ({ words }) => Math.ceil((words[0] as number) / WORKGROUP)),
  probe_fma: single("probe_fma", ({ outputs }) => Math.ceil((outputs[0] as number) / WORKGROUP)),
  probe_half: single("probe_half", () => 512),
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
