/** Products with quantised weights. */
import { type Family, type LaunchShape, type Pass, perElement, single } from "../kernel.js";

/** Words of a product, as shaders/lib/quantized_product.wgsl has them. */
type Words = [epilogueSlot: number, epilogueWords: number, m: number, n: number, k: number, lda: number, format: number];

function extents({ words }: LaunchShape) {
  const [, , m, n, k, , format] = words as Words;
  return { m, n, k, format };
}

/** Up to so many rows of A a product is bound by the reading of its weights, and threads share a channel's row. */
const FEW = 8;

/** The pass for few rows, of `channels` a workgroup, and the one for many; the one that is not meant has no workgroups. */
function product(few: string, channels: number, many: string, consts?: Pass["consts"]): readonly Pass[] {
  return [
    {
      shader: few,
      groups: (shape) => {
        const { m, n } = extents(shape);
        return m > 0 && m <= FEW ? Math.ceil(n / channels) : 0;
      },
      ...(consts && { consts }),
    },
    {
      shader: many,
      groups: (shape) => {
        const { m, n } = extents(shape);
        return m > FEW ? Math.ceil(m / 64) * Math.ceil(n / 64) : 0;
      },
      ...(consts && { consts }),
    },
  ];
}

const format: Pass["consts"] = (shape) => ({ FORMAT: extents(shape).format });

/** Rounds the rows of A, for as many as there may be: shaders/lib/rounded_rows.wgsl. */
const rounded = {
  pass: { shader: "quantize_rows", groups: (shape: LaunchShape) => extents(shape).m } satisfies Pass,
  scratch(shape: LaunchShape): number {
    const { k } = extents(shape);
    const rows = (shape.inputs[0] as number) / Math.max(k, 1);
    return Math.max(1, rows * (1 + Math.ceil(k / 32) * 9));
  },
};

export const quant = {
  dequantize: perElement("dequantize", ({ words }) => ({ FORMAT: words[4] as number })),
  dequantize_panels: perElement("dequantize_panels", ({ words }) => ({ FORMAT: words[2] as number })),
  gemm_int8: { passes: [rounded.pass, ...product("gemv_int8", 8, "gemm_int8")], scratch: rounded.scratch },
  gemm_panels_int8: { passes: [rounded.pass, ...product("gemv_panels_int8", 8, "gemm_panels_int8", format)], scratch: rounded.scratch },
  gemm_panels: single(
    "gemm_panels",
    (shape) => {
      const { m, n } = extents(shape);
      return Math.ceil(m / 64) * Math.ceil(n / 64);
    },
    format,
  ),
  gemm_quantized: { passes: product("gemv_quantized", 4, "gemm_quantized", format) },
} as const satisfies Family;
