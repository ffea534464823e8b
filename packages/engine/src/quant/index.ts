/** Storage formats by name, and weights made into them. */

import { didYouMean, TetradError } from "../errors.js";
import { bf16 } from "./bf16.js";
import { f16 } from "./f16.js";
import { checkBlocks, type QuantizedWeight, type WeightFormat } from "./format.js";
import { i8 } from "./i8.js";
import { type IntegerFormat, packPanels } from "./panels.js";
import { q4_0 } from "./q4_0.js";
import { q4_1 } from "./q4_1.js";
import { q6_K } from "./q6_K.js";
import { q8_0 } from "./q8_0.js";

export type { QuantizedWeight, WeightFormat } from "./format.js";
export { type IntegerFormat, integerPanels, largestColumns, lostAtSevenBits } from "./panels.js";
export type { Storage, Stored } from "./stored.js";

export const WEIGHT_FORMATS = { f16, bf16, i8, q8_0, q4_0, q4_1, q6_K } as const satisfies Record<string, WeightFormat>;
export type FormatName = keyof typeof WEIGHT_FORMATS;

/** @throws TetradError ARGUMENT for an unknown name */
export function weightFormat(name: string): WeightFormat {
  if (name in WEIGHT_FORMATS) return WEIGHT_FORMATS[name as FormatName];
  throw new TetradError("ARGUMENT", {
    op: "quantize",
    what: `no storage format "${name}"`,
    expected: Object.keys(WEIGHT_FORMATS).join(", "),
    hint: didYouMean(name, Object.keys(WEIGHT_FORMATS)),
  });
}

/** The number by which kernels know panels of a format: that of its rows, "int8" that of bytes with a scale a row. */
export const panelsId = (format: IntegerFormat): number => weightFormat(format === "int8" ? "i8" : format).id;

/**
 * Weights (out, in) in a storage format; `"int8"` is the layout of integer products (`linearInt8`), seven bits and a scale per channel.
 * @param outliers with "int8", columns that stay exact, upwards: products with them are added in float32 (Dettmers et al. 2022, arXiv:2208.07339)
 * @throws TetradError ARGUMENT for an unknown format or wrong columns, SHAPE when rows are no whole number of blocks
 */
export function quantizeWeights(
  weights: ArrayLike<number>,
  [out, n]: readonly [number, number],
  format: FormatName | "int8",
  outliers: readonly number[] = [],
): QuantizedWeight {
  if (weights.length !== out * n)
    throw new TetradError("SHAPE", {
      op: "quantize",
      what: "weights do not fill their shape",
      got: `${weights.length} values`,
      expected: `[${out}, ${n}]`,
    });
  if (outliers.length > 0 && format !== "int8")
    throw new TetradError("ARGUMENT", { op: "quantize", what: "only int8 keeps columns exact", got: format, expected: "int8" });
  const wrong = outliers.find((column, e) => !(Number.isInteger(column) && column > (outliers[e - 1] ?? -1) && column < n));
  if (wrong !== undefined)
    throw new TetradError("ARGUMENT", {
      op: "quantize",
      what: "columns that stay exact are numbers of columns, upwards",
      got: `${wrong} among ${outliers.join(", ")}`,
      expected: `below ${n}`,
    });
  if (format === "int8") return { format, shape: [out, n], bytes: packPanels(weights, out, n, outliers) };
  const kind = weightFormat(format);
  checkBlocks(kind, n);
  if (kind.encode === undefined)
    throw new TetradError("UNSUPPORTED", { op: "quantize", what: `${format} is only read`, hint: "write q8_0 or q4_1" });
  const size = kind.rowBytes(n);
  const bytes = new Uint8Array(out * size);
  const all = ArrayBuffer.isView(weights) ? (weights as Float32Array) : Float64Array.from(weights);
  for (let row = 0; row < out; row++) bytes.set(kind.encode(all.subarray(row * n, (row + 1) * n)), row * size);
  return { format, shape: [out, n], bytes };
}
