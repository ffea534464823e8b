/** Sentence encoders of MiniLM's shapes with random weights, under the names that Hugging Face's BertForSequenceClassification gives them. */
import { integers } from "./random.js";
import { ADAMW, type AdamW, fillWeights, type Shapes, type TransformerConfig, type TransformerProblem } from "./transformer.js";

/** sentence-transformers/all-MiniLM-L6-v2 (its config.json); norms' ε is 1e-12 there. */
export const MINILM = { layers: 6, width: 384, heads: 12, intermediate: 1536, vocabulary: 30_522, positions: 512 } as const;
export const BERT_EPS = 1e-12;
/** Banking77's number of intents. */
const LABELS = 77;

export interface BertProblem extends TransformerProblem {
  readonly labels: number;
  readonly eps: number;
  /** ids (rows · tokens), row-major, token types all 0; labels (rows). */
  readonly batches: readonly { readonly ids: Int32Array; readonly labels: Int32Array }[];
  readonly optimizer: AdamW;
  /** Steps whose losses all contenders must agree on. */
  readonly agreed: number;
}

export function bertShapes({ layers, width, intermediate, vocabulary, positions }: TransformerConfig): Shapes {
  const shapes: Record<string, readonly number[]> = {};
  const linear = (name: string, input: number, output: number): void => {
    shapes[`${name}.weight`] = [output, input];
    shapes[`${name}.bias`] = [output];
  };
  const norm = (name: string): void => {
    shapes[`${name}.weight`] = [width];
    shapes[`${name}.bias`] = [width];
  };
  shapes["bert.embeddings.word_embeddings.weight"] = [vocabulary, width];
  shapes["bert.embeddings.position_embeddings.weight"] = [positions, width];
  shapes["bert.embeddings.token_type_embeddings.weight"] = [2, width];
  norm("bert.embeddings.LayerNorm");
  for (let i = 0; i < layers; i++) {
    const layer = `bert.encoder.layer.${i}`;
    for (const part of ["query", "key", "value"]) linear(`${layer}.attention.self.${part}`, width, width);
    linear(`${layer}.attention.output.dense`, width, width);
    norm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, width, intermediate);
    linear(`${layer}.output.dense`, intermediate, width);
    norm(`${layer}.output.LayerNorm`);
  }
  linear("bert.pooler.dense", width, width);
  linear("classifier", width, LABELS);
  return shapes;
}

const filled = new Map<TransformerConfig, Record<string, Float32Array>>();

/** Problems of one model share their weights, which peers then read from one file. */
export function bertProblem(rows: number, tokens: number, config: TransformerConfig = MINILM): BertProblem {
  const shapes = bertShapes(config);
  const weights = filled.get(config) ?? fillWeights(shapes);
  filled.set(config, weights);
  const batches = Array.from({ length: 4 }, (_, i) => ({
    ids: integers(rows * tokens, config.vocabulary, 500 + i),
    labels: integers(rows, LABELS, 600 + i),
  }));
  return { config, rows, tokens, shapes, weights, labels: LABELS, eps: BERT_EPS, batches, optimizer: ADAMW, agreed: 2 };
}
