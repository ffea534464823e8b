/** Cells of recurrent networks. */
import { type Family, type LaunchShape, perElement, single, WORKGROUP } from "../kernel.js";

/** A thread a unit of the live rows. */
const units = ({ words: [rows, units] }: LaunchShape) => Math.ceil(((rows as number) * (units as number)) / WORKGROUP);

export const recurrent = {
  fill_bound: perElement("fill_bound"),
  gru_cell: single("gru_cell", units),
  gru_cell_backward: single("gru_cell_backward", units),
  lstm_cell: single("lstm_cell", units),
  lstm_cell_backward: single("lstm_cell_backward", units),
} as const satisfies Family;
