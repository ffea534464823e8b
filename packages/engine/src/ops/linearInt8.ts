/** A linear layer in integers: activations rounded to int8 row by row as they come, weights of seven bits or GGUF blocks, exact sums. */

import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op, OpCase } from "../op.js";
import { roundHalfEven } from "../quant/format.js";
import { panelsId } from "../quant/index.js";
import { type IntegerFormat, panelRow, unpackRow } from "../quant/panels.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { type PanelAttrs, panelOutliers, panelsCase, requirePanels } from "./dequantizePanels.js";
import { productSpec, productWords } from "./linearQuantized.js";
import { matmulPanels } from "./matmulPanels.js";

/** The row as the kernel rounds it, in its own float32 steps: whole numbers and their scale; columns that stay exact are no part of it. */
function quantizeRow(all: Float64Array, exact: readonly { readonly column: number }[]): { q: Float64Array; scale: number } {
  const row = all.slice();
  for (const { column } of exact) row[column] = 0;
  const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const factor = largest === 0 ? 0 : Math.fround(127 / largest);
  return { q: row.map((x) => roundHalfEven(Math.fround(x * factor))), scale: Math.fround(largest / 127) };
}

/** 127 · 127 · 2¹⁷ < 2³¹. */
const MOST_COLUMNS = 1 << 17;

export const linearInt8Op: Op<PanelAttrs> = {
  name: "linearInt8",
  tolerance: "reduction",
  infer([x, bytes], { format, rows, columns }) {
    const [a, w] = [x as Spec, bytes as Spec];
    if (a.dtype !== "f32")
      throw new TetradError("DTYPE", {
        op: "linearInt8",
        what: "rounds float32 activations only",
        got: a.dtype,
        hint: "use linearQuantized, or cast",
      });
    if (columns > MOST_COLUMNS)
      throw new TetradError("SHAPE", {
        op: "linearInt8",
        what: "sums of so many products of bytes do not fit 32 bits",
        got: `${columns} columns`,
        expected: `at most ${MOST_COLUMNS}`,
        hint: "linearQuantized has no such limit",
      });
    requirePanels("linearInt8", w, { format, rows, columns });
    return [productSpec("linearInt8", a, rows, columns)];
  },
  gradient: ({ inputs: [, bytes], dy, attrs: { format, rows, columns } }) => [
    matmulPanels(dy, bytes as Tensor, format, [rows, columns]),
    undefined,
  ],
  reference([x, bytes], { format, rows, columns }, [output]) {
    const [a, w, y] = [x as NdArray, bytes as NdArray, ndZeros((output as Spec).shape, "f32")];
    const stored = Uint8Array.from(w.data);
    const outliers = panelOutliers(w, { format, rows, columns });
    const weights = Array.from({ length: rows }, (_, j): Omit<ReturnType<typeof unpackRow>, "q"> & { q: ArrayLike<number> } =>
      format === "int8" ? unpackRow(stored, j, columns, outliers) : { q: panelRow(stored, j, columns, format), scale: 1, exact: [] },
    );
    for (let i = 0; i < sizeOf(a.shape.slice(0, -1)); i++) {
      const given = a.data.slice(i * columns, (i + 1) * columns);
      const row = quantizeRow(given, weights[0]?.exact ?? []);
      weights.forEach(({ q, scale, exact }, j) => {
        const whole = row.q.reduce((total, v, p) => total + v * (q[p] as number), 0) * scale * row.scale;
        y.data[i * rows + j] = exact.reduce((total, { column, weight }) => total + (given[column] as number) * weight, whole);
      });
    }
    return [y];
  },
  flops: ([x], _, { rows }) => 2 * rows * sizeOf((x as Spec).shape),
  cases: () => linearInt8Cases(),
  lowering: {
    kind: "launch",
    launch(context, node, { format, columns }) {
      const [x, bytes] = node.inputs as readonly [Tensor, Tensor];
      const y = node.outputs[0] as Tensor;
      const { inputs, scalars } = productWords(context, x, bytes, y, columns);
      context.emit({
        kernel: format === "int8" ? "gemm_int8" : "gemm_panels_int8",
        dtype: "f32",
        outputs: [y],
        inputs,
        scalars: [...scalars, panelsId(format), bytes.shape[1] as number],
        flops: 2 * x.size * (y.shape.at(-1) as number),
      });
    },
  },
  bounded: true,
};

function linearInt8Cases(): OpCase<PanelAttrs>[] {
  const cases: OpCase<PanelAttrs>[] = [];
  const one = (format: IntegerFormat, m: number, rows: number, columns: number) =>
    cases.push({
      name: `${format} ${m}×${rows}×${columns}`,
      inputs: [{ shape: [m, columns], dtype: "f32" }, panelsCase(format, rows, columns)],
      attrs: { format, rows, columns },
    });
  for (const columns of [1, 2, 3, 4, 7, 9, 16, 17, 33, 65, 257]) one("int8", 5, 9, columns);
  for (const m of [0, 1, 2, 4, 8, 17, 33]) one("int8", m, 17, 20);
  for (const rows of [1, 3, 4, 5, 8, 16, 31]) one("int8", 3, rows, 12);
  for (const [m, rows, columns] of [
    [1, 9, 8],
    [5, 17, 20],
    [6, 8, 33],
    [17, 31, 65],
  ] as const) {
    cases.push({
      name: `int8 ${m}×${rows}×${columns}, columns that stay exact`,
      inputs: [{ shape: [m, columns], dtype: "f32" }, panelsCase("int8", rows, columns, Math.min(8, columns))],
      attrs: { format: "int8", rows, columns },
    });
  }
  for (const format of ["q8_0", "q4_0", "q4_1"] as const) {
    for (const columns of [32, 64, 288]) one(format, 3, 9, columns);
    for (const m of [1, 2, 17]) one(format, m, 5, 64);
    for (const rows of [1, 4, 8, 12]) one(format, 1, rows, 32);
  }
  cases.push({
    name: "zeros",
    inputs: [{ shape: [2, 8], dtype: "f32", values: new Array<number>(16).fill(0) }, panelsCase("int8", 3, 8)],
    attrs: { format: "int8", rows: 3, columns: 8 },
  });
  return cases;
}

/**
 * x Wᵀ in integers: each row of x is rounded to 127 steps of its largest magnitude, sums are exact, one rounding per result. The same bits on both builds.
 * Products of columns that stay exact are added in float32.
 * The gradient is that of the product with the weights Ŵ as they were rounded, dX = dY Ŵ, in floating point: straight through the rounding of x, which is
 * constant almost everywhere, as in quantisation-aware training (Jacob et al. 2018, arXiv:1712.05877), and with frozen weights, as under QLoRA's adapters
 * (Dettmers et al. 2023, arXiv:2305.14314).
 * @param x f32 (…, in)
 * @param bytes u8 panels of `quantizeWeights(…, "int8")`, or of GGUF's rows by `integerPanels`
 * @param shape [out, in]
 * @returns (…, out); gradients flow to x
 * @throws TetradError SHAPE, DTYPE
 */
export function linearInt8(x: Tensor, bytes: Tensor, format: IntegerFormat, [rows, columns]: readonly [number, number]): Tensor {
  return apply(linearInt8Op, [x, bytes], { format, rows, columns });
}
