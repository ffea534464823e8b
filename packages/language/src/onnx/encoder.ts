/** The body of BERT, DistilBERT and RoBERTa as ONNX nodes: rows of padded texts in, a state for every token out. */

import type { JsonObject } from "@tetrad/engine";
import type { Backbone } from "../models/backbone.js";
import { ConfigFields } from "../models/config.js";
import { activation } from "./activations.js";
import type { GraphBuilder, Value } from "./graph.js";

/** Names of extents that each call decides. */
export const ROWS = ["batch", "sequence"] as const;

export interface EncoderModel {
  readonly backbone: Backbone;
  readonly config: JsonObject;
}

/** Names of one layer's parts. */
interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly mixed: string;
  readonly mixedNorm: string;
  readonly inner: string;
  readonly outer: string;
  readonly outerNorm: string;
}

function layerNames(modelType: string, i: number): LayerNames {
  if (modelType === "distilbert") {
    const layer = `distilbert.transformer.layer.${i}`;
    return {
      query: `${layer}.attention.q_lin`,
      key: `${layer}.attention.k_lin`,
      value: `${layer}.attention.v_lin`,
      mixed: `${layer}.attention.out_lin`,
      mixedNorm: `${layer}.sa_layer_norm`,
      inner: `${layer}.ffn.lin1`,
      outer: `${layer}.ffn.lin2`,
      outerNorm: `${layer}.output_layer_norm`,
    };
  }
  const layer = `${modelType}.encoder.layer.${i}`;
  return {
    query: `${layer}.attention.self.query`,
    key: `${layer}.attention.self.key`,
    value: `${layer}.attention.self.value`,
    mixed: `${layer}.attention.output.dense`,
    mixedNorm: `${layer}.attention.output.LayerNorm`,
    inner: `${layer}.intermediate.dense`,
    outer: `${layer}.output.dense`,
    outerNorm: `${layer}.output.LayerNorm`,
  };
}

/** Adds `input_ids`, `attention_mask` and, for BERT, `token_type_ids`; the states (batch · sequence, width). */
export function encoder(g: GraphBuilder, { backbone, config }: EncoderModel): Value {
  const { modelType, cache } = backbone;
  const { eps } = backbone.mlm as NonNullable<Backbone["mlm"]>;
  const fields = new ConfigFields(config);
  const ids = g.input("input_ids", "int64", ROWS);
  const mask = g.input("attention_mask", "int64", ROWS);
  const act = fields.text(modelType === "distilbert" ? "activation" : "hidden_act", "gelu");
  const norm = (name: string, x: Value) =>
    g.node("LayerNormalization", [x, g.weight(`${name}.weight`), g.weight(`${name}.bias`)], { axis: -1, epsilon: eps });

  const bias = maskBias(g, mask);
  let states = norm(`${modelType}.embeddings.LayerNorm`, asRows(g, embeddings(g, ids, modelType, fields), backbone.width));
  for (let i = 0; i < cache.layers; i++) {
    const names = layerNames(modelType, i);
    const mixed = g.linear(names.mixed, attention(g, states, names, bias, backbone));
    const attended = norm(names.mixedNorm, g.node("Add", [mixed, states]));
    const outer = g.linear(names.outer, activation(g, act, g.linear(names.inner, attended)));
    states = norm(names.outerNorm, g.node("Add", [outer, attended]));
  }
  return states;
}

/** (batch · sequence, n) as (batch, sequence, extents…). */
export function asBatch(g: GraphBuilder, x: Value, ...extents: readonly number[]): Value {
  const shape = g.node("Concat", [g.node("Shape", ["input_ids"]), g.list(extents)], { axis: 0 });
  return g.node("Reshape", [x, shape]);
}

const asRows = (g: GraphBuilder, x: Value, width: number): Value => g.node("Reshape", [x, g.list([-1, width])]);

/** (batch, sequence, width) */
function embeddings(g: GraphBuilder, ids: Value, modelType: string, fields: ConfigFields): Value {
  const rowsOf = (table: string, at: Value) => g.node("Gather", [g.weight(`${modelType}.embeddings.${table}_embeddings.weight`), at]);
  const words = rowsOf("word", ids);
  const positions = rowsOf("position", modelType === "roberta" ? realPositions(g, ids, fields.token("pad_token_id") ?? 1) : range(g, ids));
  if (modelType === "distilbert") return g.node("Add", [words, positions]);
  const types = rowsOf("token_type", modelType === "bert" ? g.input("token_type_ids", "int64", ROWS) : g.index(0));
  return g.node("Add", [g.node("Add", [words, types]), positions]);
}

/** 0, 1, … (sequence) */
function range(g: GraphBuilder, ids: Value): Value {
  const length = g.node("Gather", [g.node("Shape", [ids]), g.index(1)]);
  return g.node("Range", [g.index(0), length, g.index(1)]);
}

/** RoBERTa's: padding has its own number, real tokens count from the next one on (transformers' create_position_ids_from_input_ids). */
function realPositions(g: GraphBuilder, ids: Value, padding: number): Value {
  const real = g.cast(g.node("Not", [g.node("Equal", [ids, g.index(padding)])]), "int64");
  return g.node("Add", [g.node("Mul", [g.node("CumSum", [real, g.index(1)]), real]), g.index(padding)]);
}

/** 0 where a token may be looked at, the lowest number where not, as (batch, 1, 1, sequence). */
function maskBias(g: GraphBuilder, mask: Value): Value {
  const absent = g.node("Sub", [g.scalar(1), g.cast(mask, "float32")]);
  return g.node("Unsqueeze", [g.node("Mul", [absent, g.scalar(-(2 - 2 ** -23) * 2 ** 127)]), g.list([1, 2])]);
}

function attention(g: GraphBuilder, x: Value, names: LayerNames, bias: Value, { width, cache: { heads, dim } }: Backbone): Value {
  const split = (name: string, perm: readonly number[]) => g.node("Transpose", [asBatch(g, g.linear(name, x), heads, dim)], { perm });
  const query = g.node("Mul", [split(names.query, [0, 2, 1, 3]), g.scalar(dim ** -0.5)]);
  const scores = g.node("MatMul", [query, split(names.key, [0, 2, 3, 1])]);
  const weights = g.node("Softmax", [g.node("Add", [scores, bias])], { axis: -1 });
  const mixed = g.node("MatMul", [weights, split(names.value, [0, 2, 1, 3])]);
  return asRows(g, g.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }), width);
}
