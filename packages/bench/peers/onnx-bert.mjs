// The encoder of a bert problem as an ONNX model of plain operators; the runtime's own optimiser fuses GELU, biases and norms when it loads it.
import { attribute, FLOAT, floats, graph, INT64, int64s, model, node, value } from "./onnx.mjs";

export function bertModel({ config, rows, tokens, shapes, weights, eps }) {
  const { layers, width, heads } = config;
  const size = width / heads;
  const nodes = [];
  const initializers = [int64s("split", [rows, tokens, heads, size]), int64s("merge", [rows, tokens, width])];
  let made = 0;
  const op = (type, inputs, attributes) => {
    const output = `t${made++}`;
    nodes.push(node(type, inputs, output, attributes));
    return output;
  };
  const weight = (name) => {
    initializers.push(floats(name, shapes[name], weights[name]));
    return name;
  };
  const scalar = (x) => {
    const name = `c${made++}`;
    initializers.push(floats(name, [], Float32Array.of(x)));
    return name;
  };
  /** x Wᵀ + b; MatMul wants W as (in, out). */
  const linear = (x, name) => {
    const [output, input] = shapes[`${name}.weight`];
    const transposed = `${name}.transposed`;
    initializers.push(floats(transposed, [input, output], transpose(weights[`${name}.weight`], output, input)));
    return op("Add", [op("MatMul", [x, transposed]), weight(`${name}.bias`)]);
  };
  const norm = (x, name) =>
    op(
      "LayerNormalization",
      [x, weight(`${name}.weight`), weight(`${name}.bias`)],
      [attribute.int("axis", 2), attribute.float("epsilon", eps)],
    );
  const gelu = (x) => {
    const erf = op("Erf", [op("Div", [x, scalar(Math.SQRT2)])]);
    return op("Mul", [op("Mul", [x, op("Add", [erf, scalar(1)])]), scalar(0.5)]);
  };
  const split = (x, order) => op("Transpose", [op("Reshape", [x, "split"])], [attribute.ints("perm", order)]);

  const words = op("Gather", [weight("bert.embeddings.word_embeddings.weight"), "ids"], [attribute.int("axis", 0)]);
  // Positions 0, 1, … and the first token type are the same for every text, so their sum is a constant (tokens, width).
  const places = weights["bert.embeddings.position_embeddings.weight"]
    .slice(0, tokens * width)
    .map((x, i) => x + weights["bert.embeddings.token_type_embeddings.weight"][i % width]);
  initializers.push(floats("places", [tokens, width], places));
  let h = norm(op("Add", [words, "places"]), "bert.embeddings.LayerNorm");
  for (let i = 0; i < layers; i++) {
    const layer = `bert.encoder.layer.${i}`;
    const q = split(linear(h, `${layer}.attention.self.query`), [0, 2, 1, 3]); // (B, H, T, D)
    const k = split(linear(h, `${layer}.attention.self.key`), [0, 2, 3, 1]); // (B, H, D, T)
    const v = split(linear(h, `${layer}.attention.self.value`), [0, 2, 1, 3]);
    const scores = op("Softmax", [op("Div", [op("MatMul", [q, k]), scalar(Math.sqrt(size))])], [attribute.int("axis", 3)]);
    const mixed = op("Reshape", [op("Transpose", [op("MatMul", [scores, v])], [attribute.ints("perm", [0, 2, 1, 3])]), "merge"]);
    h = norm(op("Add", [linear(mixed, `${layer}.attention.output.dense`), h]), `${layer}.attention.output.LayerNorm`);
    const inner = gelu(linear(h, `${layer}.intermediate.dense`));
    h = norm(op("Add", [linear(inner, `${layer}.output.dense`), h]), `${layer}.output.LayerNorm`);
  }
  nodes.push(node("Identity", [h], "hidden"));
  return model(
    graph({ nodes, initializers, inputs: [value("ids", INT64, [rows, tokens])], outputs: [value("hidden", FLOAT, [rows, tokens, width])] }),
  );
}

function transpose(matrix, rows, columns) {
  const out = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j];
  return out;
}
