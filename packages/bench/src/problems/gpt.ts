/** A small GPT with random weights under nanoGPT's names: pre-norm blocks, learned positions, exact GELU, the head tied to the embedding. */
import { integers } from "./random.js";
import { ADAMW, type AdamW, fillWeights, type Shapes, type TransformerConfig, type TransformerProblem } from "./transformer.js";

export const SMALL_GPT = { layers: 6, width: 192, heads: 6, intermediate: 768, vocabulary: 4096, positions: 128 } as const;

export interface GptProblem extends TransformerProblem {
  readonly eps: number;
  /** ids and targets (rows · tokens), row-major; targets are the ids one place later. */
  readonly batches: readonly { readonly ids: Int32Array; readonly targets: Int32Array }[];
  readonly optimizer: AdamW;
  readonly agreed: number;
}

/** Linear layers are (out, in), as PyTorch's (GPT-2's own files hold them transposed). */
export function gptShapes({ layers, width, intermediate, vocabulary, positions }: TransformerConfig): Shapes {
  const shapes: Record<string, readonly number[]> = {
    "transformer.wte.weight": [vocabulary, width],
    "transformer.wpe.weight": [positions, width],
  };
  for (let i = 0; i < layers; i++) {
    const block = `transformer.h.${i}`;
    Object.assign(shapes, {
      [`${block}.ln_1.weight`]: [width],
      [`${block}.ln_1.bias`]: [width],
      [`${block}.attn.c_attn.weight`]: [3 * width, width],
      [`${block}.attn.c_attn.bias`]: [3 * width],
      [`${block}.attn.c_proj.weight`]: [width, width],
      [`${block}.attn.c_proj.bias`]: [width],
      [`${block}.ln_2.weight`]: [width],
      [`${block}.ln_2.bias`]: [width],
      [`${block}.mlp.c_fc.weight`]: [intermediate, width],
      [`${block}.mlp.c_fc.bias`]: [intermediate],
      [`${block}.mlp.c_proj.weight`]: [width, intermediate],
      [`${block}.mlp.c_proj.bias`]: [width],
    });
  }
  shapes["transformer.ln_f.weight"] = [width];
  shapes["transformer.ln_f.bias"] = [width];
  return shapes;
}

export function gptProblem(rows: number, tokens: number, config: TransformerConfig = SMALL_GPT): GptProblem {
  const shapes = gptShapes(config);
  const batches = Array.from({ length: 4 }, (_, i) => {
    const text = integers(rows * (tokens + 1), config.vocabulary, 700 + i);
    const part = (shift: number) =>
      Int32Array.from({ length: rows * tokens }, (_, at) => text[Math.floor(at / tokens) * (tokens + 1) + (at % tokens) + shift] as number);
    return { ids: part(0), targets: part(1) };
  });
  return { config, rows, tokens, shapes, weights: fillWeights(shapes), eps: 1e-5, batches, optimizer: ADAMW, agreed: 2 };
}
