/** What tasks make of an encoder's states, as ONNX nodes and named outputs. */

import { CLASSIFIER_LAYERS } from "../heads/sequence-classification.js";
import type { Backbone } from "../models/backbone.js";
import { activation } from "./activations.js";
import { asBatch, ROWS } from "./encoder.js";
import type { GraphBuilder, Value } from "./graph.js";

interface Pooled {
  readonly pooling: "mean" | "first";
  /** Whether vectors have length 1 */
  readonly normalized: boolean;
}

/** By optimum's names of tasks. */
export type OnnxTask = { readonly name: keyof typeof HEADS } | ({ readonly name: "feature-extraction" } & Pooled);

/** Adds a task's outputs. @param states (batch · sequence, width) */
export function addHead(g: GraphBuilder, states: Value, backbone: Backbone, task: OnnxTask): void {
  if (task.name === "feature-extraction") featureExtraction(g, states, backbone, task);
  else HEADS[task.name](g, states, backbone);
}

const HEADS = {
  /** From the first token, through layers that each model has of its own */
  "text-classification"(g: GraphBuilder, states: Value, { modelType, width }: Backbone): void {
    const { inner, activation: act, last } = CLASSIFIER_LAYERS[modelType] as (typeof CLASSIFIER_LAYERS)[string];
    const opened = activation(g, act, g.linear(inner, firstTokens(g, asBatch(g, states, width))));
    g.output("logits", g.linear(last, opened), [ROWS[0], outputsOf(g, last)]);
  },
  "token-classification"(g: GraphBuilder, states: Value): void {
    const labels = outputsOf(g, "classifier");
    g.output("logits", asBatch(g, g.linear("classifier", states), labels), [...ROWS, labels]);
  },
  "question-answering"(g: GraphBuilder, states: Value): void {
    const both = asBatch(g, g.linear("qa_outputs", states), 2);
    ["start_logits", "end_logits"].forEach((name, i) => g.output(name, g.node("Gather", [both, g.index(i)], { axis: 2 }), ROWS));
  },
} as const;

function featureExtraction(g: GraphBuilder, states: Value, { width }: Backbone, { pooling, normalized }: Pooled): void {
  const last = asBatch(g, states, width);
  g.output("last_hidden_state", last, [...ROWS, width]);
  const pooled = pooling === "mean" ? means(g, last) : firstTokens(g, last);
  const vectors = normalized ? g.node("LpNormalization", [pooled], { axis: -1, p: 2 }) : pooled;
  g.output("sentence_embedding", vectors, [ROWS[0], width]);
}

/** How many numbers a layer makes. */
const outputsOf = (g: GraphBuilder, layer: string): number => g.read(`${layer}.weight`).shape[0] as number;

const firstTokens = (g: GraphBuilder, x: Value): Value => g.node("Gather", [x, g.index(0)], { axis: 1 });

/** Means over the tokens that count; those of a row without any are zero, as sentence-transformers has it. */
function means(g: GraphBuilder, x: Value): Value {
  const counted = g.node("Unsqueeze", [g.cast("attention_mask", "float32"), g.list([2])]);
  const sum = (value: Value) => g.node("ReduceSum", [value, g.list([1])], { keepdims: 0 });
  return g.node("Div", [sum(g.node("Mul", [x, counted])), g.node("Max", [sum(counted), g.scalar(1e-9)])]);
}
