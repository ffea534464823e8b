/** Panels of integer products widened to numbers: for all that reads a layer's weights and is no product with them. */

import { type FloatDType, isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import type { CaseInput, Op, OpCase } from "../op.js";
import { type IntegerFormat, integerPanels, panelsId, quantizeWeights } from "../quant/index.js";
import { largestColumns, outliersIn, panelBytes } from "../quant/panels.js";
import { widenStored } from "../quant/stored.js";
import { formatShape } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { storedCase } from "./dequantize.js";

/** What panels hold: (rows, columns), in the format that they were packed from. */
export type PanelAttrs = { readonly format: IntegerFormat; readonly rows: number; readonly columns: number };

type Attrs = PanelAttrs & { readonly dtype: FloatDType };

/** Throws SHAPE unless `bytes` are the panels of such weights. */
export function requirePanels(op: string, bytes: Spec, { format, rows, columns }: PanelAttrs): void {
  if (format !== "int8" && columns % 32 !== 0)
    throw new TetradError("SHAPE", {
      op,
      what: `rows of ${format} are whole blocks`,
      got: `${columns}`,
      expected: "a multiple of 32",
    });
  const expected = [Math.ceil(rows / 8), panelBytes(columns, format)];
  const [panels, size = 0] = bytes.shape;
  const outliers = outliersIn(size, columns, format);
  if (bytes.dtype !== "u8" || bytes.shape.length !== 2 || panels !== expected[0] || !(Number.isInteger(outliers) && outliers >= 0)) {
    throw new TetradError("SHAPE", {
      op,
      what: "no panels of these weights",
      got: `${bytes.dtype} ${formatShape(bytes.shape)}`,
      expected: `u8 ${formatShape(expected)}`,
      hint: "integerPanels packs GGUF rows",
    });
  }
}

/** How many columns of such weights stay exact. */
export function panelOutliers(bytes: Spec, { format, columns }: PanelAttrs): number {
  return outliersIn(bytes.shape[1] as number, columns, format);
}

/** The weights in float64, row-major. */
export function decodePanels(bytes: NdArray, attrs: PanelAttrs): Float64Array {
  const { format, rows, columns } = attrs;
  const stored = { layout: "panels", format, outliers: panelOutliers(bytes, attrs), shape: [rows, columns], dtype: "f64" } as const;
  return Float64Array.from(widenStored(stored, Uint8Array.from(bytes.data)));
}

export const dequantizePanelsOp: Op<Attrs> = {
  name: "dequantizePanels",
  tolerance: "elementwise",
  infer([bytes], attrs) {
    requirePanels("dequantizePanels", bytes as Spec, attrs);
    const { rows, columns, dtype } = attrs;
    if (!isFloat(dtype)) throw new TetradError("DTYPE", { op: "dequantizePanels", what: "widens to floating point only", got: dtype });
    return [{ shape: [rows, columns], dtype }];
  },
  gradient: () => [],
  reference: ([bytes], attrs, [output]) => {
    const { shape, dtype } = output as Spec;
    return [{ shape, dtype, data: decodePanels(bytes as NdArray, attrs) }];
  },
  flops: (_, __, { rows, columns }) => 2 * rows * columns,
  cases: () => dequantizePanelsCases(),
  lowering: {
    kind: "launch",
    launch(context, node, { format, rows, columns, dtype }) {
      const bytes = node.inputs[0] as Tensor;
      const y = node.outputs[0] as Tensor;
      context.emit({
        kernel: "dequantize_panels",
        dtype,
        outputs: [y],
        inputs: [context.contiguous(bytes)],
        scalars: [rows, columns, panelsId(format), bytes.shape[1] as number],
        flops: 2 * y.size,
      });
    },
  },
};

/** Panels of plausible weights, of which so many columns stay exact. */
export function panelsCase(format: IntegerFormat, rows: number, columns: number, outliers = 0): CaseInput {
  const shape = [rows, columns] as const;
  const weights = Array.from({ length: rows * columns }, (_, i) => Math.sin(1 + 12.9898 * i) * (1 + (i % 3)));
  const { bytes } =
    format === "int8"
      ? quantizeWeights(weights, shape, format, largestColumns(weights, columns, outliers))
      : integerPanels({ format, shape, bytes: Uint8Array.from(storedCase(format, rows, columns).values ?? []) });
  return { shape: [Math.ceil(rows / 8), panelBytes(columns, format, outliers)], dtype: "u8", values: [...bytes], frozen: true };
}

function dequantizePanelsCases(): OpCase<Attrs>[] {
  const cases: OpCase<Attrs>[] = [];
  const one = (format: IntegerFormat, rows: number, columns: number, dtype: FloatDType = "f32") =>
    cases.push({
      name: `${format} ${rows}×${columns}${dtype === "f64" ? " as f64" : ""}`,
      inputs: [panelsCase(format, rows, columns)],
      attrs: { format, rows, columns, dtype },
    });
  const outlying = (rows: number, columns: number, dtype: FloatDType) =>
    cases.push({
      name: `int8 ${rows}×${columns}, five columns exact, as ${dtype}`,
      inputs: [panelsCase("int8", rows, columns, 5)],
      attrs: { format: "int8", rows, columns, dtype },
    });
  for (const columns of [1, 2, 3, 4, 5, 7, 8, 17, 257]) one("int8", 9, columns);
  for (const rows of [1, 7, 8, 16, 33]) one("int8", rows, 12);
  one("int8", 9, 13, "f64");
  for (const [rows, columns] of [
    [9, 13],
    [8, 32],
    [17, 65],
  ] as const) {
    for (const dtype of ["f32", "f64"] as const) outlying(rows, columns, dtype);
  }
  for (const format of ["q8_0", "q4_0", "q4_1"] as const) {
    for (const rows of [1, 8, 13]) one(format, rows, 64);
    one(format, 3, 288);
    one(format, 11, 32, "f64");
  }
  return cases;
}

/**
 * The weights of panels as numbers.
 * @param bytes u8 panels of `quantizeWeights(…, "int8")`, or of GGUF's rows by `integerPanels`
 * @param shape [out, in]
 * @returns (out, in); no gradient flows to stored weights
 * @throws TetradError SHAPE, DTYPE
 */
export function dequantizePanels(
  bytes: Tensor,
  format: IntegerFormat,
  [rows, columns]: readonly [number, number],
  dtype: FloatDType = "f32",
): Tensor {
  return apply(dequantizePanelsOp, [bytes], { format, rows, columns, dtype });
}
