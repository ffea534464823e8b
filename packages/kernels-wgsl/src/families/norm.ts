/** Normalisations. */
import type { Family, Kernel, LaunchShape } from "../kernel.js";
import { columnLanes, lanesFor, rows, SHARING } from "../share.js";

/** Words: rows, row length, weight given, parameters wanted, extra given, chunks of rows, eps. Rows may be live, what they are at most is not. */
function rowNormBackward(shader: string): Kernel {
  const rowLanes = ({ words }: LaunchShape) => lanesFor(words[1] as number);
  const mostRows = ({ outputs, words }: LaunchShape) => (outputs[0] as number) / Math.max(1, words[1] as number);
  const columnSumLanes = (shape: LaunchShape) => columnLanes(mostRows(shape) / (shape.words[5] as number), shape.words[1] as number);
  return {
    passes: [
      {
        shader,
        groups: (shape) => Math.ceil(((shape.words[0] as number) * rowLanes(shape)) / SHARING),
        consts: (shape) => ({ PASS: 0, LANES: rowLanes(shape), COLUMNS: 0 }),
      },
      {
        shader,
        groups: (shape) => {
          const [, n, , affine, , chunks] = shape.words as [number, number, number, number, number, number];
          return affine === 0 ? 0 : Math.ceil((chunks * n * columnSumLanes(shape)) / SHARING);
        },
        consts: (shape) => ({ PASS: 1, LANES: columnSumLanes(shape), COLUMNS: 1 }),
      },
    ],
    scratch: (shape) => 1 + 3 * mostRows(shape),
  };
}

export const norm = {
  add_layer_norm: rows("add_layer_norm", 0),
  add_rms_norm: rows("add_rms_norm", 0),
  layer_norm: rows("layer_norm", 0),
  layer_norm_backward: rowNormBackward("layer_norm_backward"),
  rms_norm: rows("rms_norm", 0),
  rms_norm_backward: rowNormBackward("rms_norm_backward"),
} as const satisfies Family;
