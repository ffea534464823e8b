/** A product with the weights of integer products as the numbers that they stand for: the slope of `linearInt8` by its input. */

import type { FloatDType } from "../dtype.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op, OpCase } from "../op.js";
import { type IntegerFormat, panelsId } from "../quant/index.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { decodePanels, dequantizePanels, type PanelAttrs, panelsCase, requirePanels } from "./dequantizePanels.js";
import { productSpec, productWords } from "./linearQuantized.js";
import { matmul } from "./matmul.js";

export const matmulPanelsOp: Op<PanelAttrs> = {
  name: "matmulPanels",
  tolerance: "reduction",
  infer([x, bytes], attrs) {
    requirePanels("matmulPanels", bytes as Spec, attrs);
    return [productSpec("matmulPanels", x as Spec, attrs.columns, attrs.rows)];
  },
  gradient: ({ inputs: [, bytes], dy, attrs: { format, rows, columns } }) => [
    matmul(dy, dequantizePanels(bytes as Tensor, format, [rows, columns], dy.dtype as FloatDType), { transposeB: true }),
    undefined,
  ],
  reference([x, bytes], attrs, [output]) {
    const [a, y] = [x as NdArray, ndZeros((output as Spec).shape, (output as Spec).dtype)];
    const { rows, columns } = attrs;
    const weights = decodePanels(bytes as NdArray, attrs);
    for (let i = 0; i < sizeOf(a.shape.slice(0, -1)); i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let p = 0; p < rows; p++) total += (a.data[i * rows + p] as number) * (weights[p * columns + j] as number);
        y.data[i * columns + j] = total;
      }
    }
    return [y];
  },
  flops: ([x], _, { columns }) => 2 * columns * sizeOf((x as Spec).shape),
  cases: () => matmulPanelsCases(),
  lowering: {
    kind: "launch",
    launch(context, node, { format, rows, columns }) {
      const [x, bytes] = node.inputs as readonly [Tensor, Tensor];
      const y = node.outputs[0] as Tensor;
      const { inputs, scalars } = productWords(context, x, bytes, y, rows);
      context.emit({
        kernel: "gemm_panels",
        dtype: y.dtype as FloatDType,
        outputs: [y],
        inputs,
        scalars: [...scalars, panelsId(format), bytes.shape[1] as number],
        flops: 2 * x.size * columns,
      });
    },
  },
  bounded: true,
};

function matmulPanelsCases(): OpCase<PanelAttrs>[] {
  const cases: OpCase<PanelAttrs>[] = [];
  const one = (format: IntegerFormat, m: number, rows: number, columns: number) =>
    cases.push({
      name: `${format} ${m}×${rows}×${columns}`,
      inputs: [{ shape: [m, rows] }, panelsCase(format, rows, columns)],
      attrs: { format, rows, columns },
    });
  for (const columns of [1, 2, 3, 4, 5, 7, 8, 9, 17, 33]) one("int8", 5, 9, columns);
  for (const m of [0, 1, 2, 6, 7, 17]) one("int8", m, 17, 20);
  for (const rows of [1, 7, 8, 16, 31]) one("int8", 3, rows, 12);
  cases.push({
    name: "columns that stay exact",
    inputs: [{ shape: [7, 19] }, panelsCase("int8", 19, 45, 8)],
    attrs: { format: "int8", rows: 19, columns: 45 },
  });
  // Past the longest run of k, and past what fits into scratch.
  one("int8", 2, 300, 21);
  one("int8", 7, 9, 500);
  for (const format of ["q8_0", "q4_0", "q4_1"] as const) {
    for (const columns of [32, 288]) one(format, 3, 9, columns);
    for (const m of [1, 17]) one(format, m, 12, 64);
  }
  cases.push({
    name: "one row",
    inputs: [{ shape: [9] }, panelsCase("int8", 9, 33)],
    attrs: { format: "int8", rows: 9, columns: 33 },
  });
  cases.push({
    name: "three axes",
    inputs: [{ shape: [2, 3, 9] }, panelsCase("q4_1", 9, 32)],
    attrs: { format: "q4_1", rows: 9, columns: 32 },
  });
  cases.push({
    name: "transposed",
    inputs: [{ shape: [9, 5], transposed: true }, panelsCase("int8", 5, 17)],
    attrs: { format: "int8", rows: 5, columns: 17 },
  });
  return cases;
}

/**
 * x W with W in panels, widened; what follows element by element joins its launch.
 * @param x (…, out)
 * @param bytes u8 panels, as `linearInt8` reads them
 * @param shape [out, in]
 * @returns (…, in); gradients flow to x
 * @throws TetradError SHAPE, DTYPE
 */
export function matmulPanels(x: Tensor, bytes: Tensor, format: IntegerFormat, [rows, columns]: readonly [number, number]): Tensor {
  return apply(matmulPanelsOp, [x, bytes], { format, rows, columns });
}
