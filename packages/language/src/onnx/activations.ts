/** Activations by the names of transformers' ACT2FN, in operators of opset 17, which has no Gelu. */

import type { GraphBuilder, Value } from "./graph.js";

type Activation = (g: GraphBuilder, x: Value) => Value;

/** x/2 (1 + erf(x/√2)) */
const gelu: Activation = (g, x) => halved(g, x, g.node("Erf", [g.node("Mul", [x, g.scalar(Math.SQRT1_2)])]));

/** x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))) */
const geluTanh: Activation = (g, x) => {
  const cube = g.node("Mul", [g.node("Mul", [x, x]), x]);
  const inner = g.node("Add", [x, g.node("Mul", [cube, g.scalar(0.044715)])]);
  return halved(g, x, g.node("Tanh", [g.node("Mul", [inner, g.scalar(Math.sqrt(2 / Math.PI))])]));
};

/** x/2 (1 + s) */
const halved = (g: GraphBuilder, x: Value, s: Value): Value =>
  g.node("Mul", [g.node("Mul", [x, g.scalar(0.5)]), g.node("Add", [s, g.scalar(1)])]);

const silu: Activation = (g, x) => g.node("Mul", [x, g.node("Sigmoid", [x])]);

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu,
  gelu_python: gelu,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu: (g, x) => g.node("Relu", [x]),
  silu,
  swish: silu,
  tanh: (g, x) => g.node("Tanh", [x]),
};

/** @param name one that models are built with: `activationOf` has refused any other by then */
export const activation = (g: GraphBuilder, name: string, x: Value): Value => (ACTIVATIONS[name] as Activation)(g, x);
