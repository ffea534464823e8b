/** Our language models of the `bert`, `gpt` and `scaling` suites, over weights that carry PyTorch's names and layouts. */
import {
  adamw,
  add,
  addLayerNorm,
  attention,
  crossEntropy,
  embedding,
  gelu,
  layerNorm,
  linear,
  linearInt8,
  quantizeWeights,
  reshape,
  select,
  slice,
  squeeze,
  type Tensor,
  tanh,
} from "@tetrad/engine";
import type { Contender } from "../measure/contender.js";
import type { BertProblem } from "../problems/bert.js";
import type { GptProblem } from "../problems/gpt.js";
import type { AdamW, TransformerProblem } from "../problems/transformer.js";
import { type Own, ownFunction, ownStep } from "./engine.js";

type Weights = Readonly<Record<string, Tensor>>;

const weight = (weights: Weights, name: string) => weights[`${name}.weight`] as Tensor;
/** x Wᵀ + b of a named layer. */
type Affine = (weights: Weights, name: string, x: Tensor) => Tensor;
const affine: Affine = (weights, name, x) => linear(x, weight(weights, name), weights[`${name}.bias`]);
const norm = (weights: Weights, name: string, eps: number) => ({
  weight: weight(weights, name),
  bias: weights[`${name}.bias`] as Tensor,
  eps,
});

/** (rows · tokens, width) as (rows, tokens, heads, dim). */
const split = (x: Tensor, { rows, tokens, config: { width, heads } }: TransformerProblem) =>
  reshape(x, [rows, tokens, heads, width / heads]);
const joined = (x: Tensor, { rows, tokens, config: { width } }: TransformerProblem) => reshape(x, [rows * tokens, width]);

/** Word, position and perhaps type embeddings of all tokens, (rows · tokens, width). */
function embedded(ids: Tensor, words: Tensor, positions: Tensor, problem: TransformerProblem, type?: Tensor): Tensor {
  const { rows, tokens, config } = problem;
  const places = slice(positions, [0, 0], [tokens, config.width]);
  const sum = add(reshape(embedding(ids, words), [rows, tokens, config.width]), type === undefined ? places : add(places, type));
  return joined(sum, problem);
}

/** Last hidden states (rows · tokens, width); `map` is what a linear layer does. */
function bert(weights: Weights, ids: Tensor, problem: BertProblem, map: Affine = affine): Tensor {
  const { config, eps } = problem;
  const base = "bert.embeddings";
  const types = select(weight(weights, `${base}.token_type_embeddings`), 0, 0);
  const start = embedded(ids, weight(weights, `${base}.word_embeddings`), weight(weights, `${base}.position_embeddings`), problem, types);
  let h = layerNorm(start, norm(weights, `${base}.LayerNorm`, eps));
  for (let i = 0; i < config.layers; i++) {
    const layer = `bert.encoder.layer.${i}`;
    const part = (name: string) => split(map(weights, `${layer}.attention.self.${name}`, h), problem);
    const mixed = joined(attention(part("query"), part("key"), part("value")), problem);
    const attended = map(weights, `${layer}.attention.output.dense`, mixed);
    h = addLayerNorm(attended, h, norm(weights, `${layer}.attention.output.LayerNorm`, eps)).y;
    const inner = gelu(map(weights, `${layer}.intermediate.dense`, h));
    h = addLayerNorm(map(weights, `${layer}.output.dense`, inner), h, norm(weights, `${layer}.output.LayerNorm`, eps)).y;
  }
  return h;
}

/** Result: the last hidden states (rows, tokens, width) of the first batch. */
export async function ownBertForward(own: Own, problem: BertProblem): Promise<Contender> {
  const { rows, tokens, shapes, weights, batches } = problem;
  const encoder = Object.fromEntries(Object.entries(shapes).filter(([name]) => /embeddings|encoder/.test(name)));
  const store = own.engine.store(encoder);
  for (const name of store.names) store.set(name, weights[name] as Float32Array);
  store.freeze();
  const program = await own.engine.compileWith(store, { ids: { shape: [rows * tokens], dtype: "i32" } }, (params, { ids }) => ({
    states: bert(params, ids as Tensor, problem),
  }));
  program.set({ ids: (batches[0] as (typeof batches)[number]).ids });
  const contender = ownFunction(own, program, "states");
  return {
    ...contender,
    close() {
      program.close();
      store.release();
    },
  };
}

/** The same with every linear layer of the encoder in integers: weights of seven bits, packed beforehand, activations rounded row by row. */
export async function ownBertForwardInt8(own: Own, problem: BertProblem): Promise<Contender> {
  const { rows, tokens, shapes, weights, batches } = problem;
  const names = Object.keys(shapes).filter((name) => /embeddings|encoder/.test(name));
  const packed = names.filter((name) => /encoder.*(query|key|value|dense)\.weight$/.test(name));
  const store = own.engine.store(
    Object.fromEntries(names.filter((name) => !packed.includes(name)).map((name) => [name, shapes[name] as readonly number[]])),
  );
  for (const name of store.names) store.set(name, weights[name] as Float32Array);
  const panels = new Map(
    packed.map((name) => {
      const [out, input] = shapes[name] as readonly [number, number];
      return [name, quantizeWeights(weights[name] as Float32Array, [out, input], "int8")] as const;
    }),
  );
  const specs = [...panels].map(([name, { shape, bytes }]) => {
    const count = Math.ceil(shape[0] / 8);
    return [name, { shape: [count, bytes.length / count], dtype: "u8" as const }] as const;
  });
  const program = await own.engine.compileWith(
    store,
    { ids: { shape: [rows * tokens], dtype: "i32" }, ...Object.fromEntries(specs) },
    (params, inputs) => ({
      states: bert(params, inputs["ids"] as Tensor, problem, (all, name, x) => {
        const { shape } = panels.get(`${name}.weight`) as { readonly shape: readonly [number, number] };
        return add(linearInt8(x, inputs[`${name}.weight`] as Tensor, "int8", shape), all[`${name}.bias`] as Tensor);
      }),
    }),
  );
  program.set({
    ids: (batches[0] as (typeof batches)[number]).ids,
    ...Object.fromEntries([...panels].map(([name, { bytes }]) => [name, bytes])),
  });
  const contender = ownFunction(own, program, "states");
  return {
    ...contender,
    name: `${own.label}, int8`,
    close() {
      program.close();
      store.release();
    },
  };
}

function optimizerOf({ lr, betas, eps, weightDecay }: AdamW) {
  return adamw({ lr, beta1: betas[0], beta2: betas[1], eps, weightDecay });
}

/** A step of AdamW over cross-entropy of the classification head; result: the losses of the first `agreed` steps. */
export function ownBertStep(own: Own, problem: BertProblem): Promise<Contender> {
  const { rows, tokens, shapes, weights, batches, config, optimizer, agreed } = problem;
  return ownStep(own, {
    params: shapes,
    weights,
    inputs: { ids: { shape: [rows * tokens], dtype: "i32" }, labels: { shape: [rows], dtype: "i32" } },
    loss(params, { ids, labels }) {
      const states = reshape(bert(params, ids as Tensor, problem), [rows, tokens, config.width]);
      const pooled = tanh(affine(params, "bert.pooler.dense", select(states, 1, 0)));
      return crossEntropy(affine(params, "classifier", pooled), labels as Tensor);
    },
    optimizer: optimizerOf(optimizer),
    batches,
    agreed,
  });
}

/** A step of AdamW over the mean cross-entropy of every token; result: the losses of the first `agreed` steps. */
export function ownGptStep(own: Own, problem: GptProblem): Promise<Contender> {
  const { rows, tokens, shapes, weights, batches, config, eps, optimizer, agreed } = problem;
  return ownStep(own, {
    params: shapes,
    weights,
    inputs: { ids: { shape: [rows * tokens], dtype: "i32" }, targets: { shape: [rows * tokens], dtype: "i32" } },
    loss(params, { ids, targets }) {
      const words = weight(params, "transformer.wte");
      let sum = embedded(ids as Tensor, words, weight(params, "transformer.wpe"), problem);
      let y = layerNorm(sum, norm(params, "transformer.h.0.ln_1", eps));
      for (let i = 0; i < config.layers; i++) {
        const block = `transformer.h.${i}`;
        const fused = reshape(affine(params, `${block}.attn.c_attn`, y), [rows, tokens, 3, config.heads, config.width / config.heads]);
        const part = (at: number) =>
          squeeze(slice(fused, [0, 0, at, 0, 0], [rows, tokens, at + 1, config.heads, config.width / config.heads]), 2);
        const mixed = joined(attention(part(0), part(1), part(2), { causal: true }), problem);
        ({ sum, y } = addLayerNorm(affine(params, `${block}.attn.c_proj`, mixed), sum, norm(params, `${block}.ln_2`, eps)));
        const inner = affine(params, `${block}.mlp.c_proj`, gelu(affine(params, `${block}.mlp.c_fc`, y)));
        const next = i + 1 < config.layers ? `transformer.h.${i + 1}.ln_1` : "transformer.ln_f";
        ({ sum, y } = addLayerNorm(inner, sum, norm(params, next, eps)));
      }
      return crossEntropy(linear(y, words), targets as Tensor);
    },
    optimizer: optimizerOf(optimizer),
    batches,
    agreed,
  });
}
