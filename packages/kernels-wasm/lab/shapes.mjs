/**
 * Shapes that real networks give to ops, for races: a version that is faster on a cube of 1024 may be slower on every network. By op; an op that has none here
 * is raced on the element-wise list, or on its largest generated cases.
 *
 * MiniLM-L6: 6 layers, 384 wide, 12 heads of 32, 1536 inner, batch 16 of 64 tokens. GPT: 6 layers, 192 wide, 6 heads of 32, context 128, batch 16. MLP 784-512-256-10,
 * batch 128. CNN 32-64-fc128 on 28 × 28, batch 64. SmolLM2-135M: 576 wide, 9 heads and 3 key-value heads of 64, 1536 inner, 49,152 words, one token at a time.
 */
import { storedCase } from "../../engine/src/ops/dequantize.ts";
import { panelsCase } from "../../engine/src/ops/dequantizePanels.ts";

/** One case: the shapes of its operands, or shapes with ranges; attributes are those of the op's first case unless told. */
const on = (network, shapes, attrs) => ({ network, inputs: shapes.map((shape) => (Array.isArray(shape) ? { shape } : shape)), attrs });
/** As a decoder meets its weights: every layer's are read before these are read again. */
const cold = (shape) => ({ ...shape, cold: true });
const nn = { transposeA: false, transposeB: false };
/** A linear layer: (rows, in) by PyTorch's weight (out, in). */
const linear = (network, rows, inner, outer) =>
  on(
    network,
    [
      [rows, inner],
      [outer, inner],
    ],
    { transposeA: false, transposeB: true },
  );
/** The same with weights as they are stored: rows, or panels of integer products. Made when the case is. */
const quantized = (network, rows, inner, outer, format) =>
  on(network, [[rows, inner], { make: () => storedCase(format, outer, inner) }], { format, rows: outer, columns: inner });
const integer = (network, rows, inner, outer, format) =>
  on(network, [[rows, inner], { make: () => panelsCase(format, outer, inner) }], { format, rows: outer, columns: inner });
const labels = (rows, classes) => ({ shape: [rows], dtype: "i32", range: [0, classes], frozen: true });

const norm = (weight, bias, residual) => ({ eps: 1e-5, axes: 1, weight, bias, residual });
const channelNorm = (residual) => ({ eps: 1e-5, weight: true, bias: true, residual });
/** Queries (batch, tokens, heads, width), keys and values with heads of their own. */
const attend = (network, [batch, queries, heads], [keys, keyHeads], width, causal) =>
  on(
    network,
    [
      [batch, queries, heads, width],
      [batch, keys, keyHeads, width],
      [batch, keys, keyHeads, width],
    ],
    {
      causal,
      scale: width ** -0.5,
      packed: false,
      mask: false,
      bias: false,
      lengths: false,
      rope: "none",
      dropout: 0,
      stream: -1,
      keys,
    },
  );

const convolve = (network, x, w, padding, groups = 1) =>
  on(network, [x, w], { stride: [1, 1], padding: [padding, padding], dilation: [1, 1], groups });
const pool = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceilMode: false, countPadding: true };

const ELEMENTWISE = [
  ["MLP: activations 128 × 512", [128, 512]],
  ["MiniLM: inner activations 1024 × 1536", [1024, 1536]],
  ["GPT: activations 2048 × 768", [2048, 768]],
  ["SmolLM2 decode: inner activations 1 × 1536", [1, 1536]],
];

const ROWS = [
  ["MiniLM: attention 16 × 12 × 64 × 64", [12288, 64]],
  ["GPT: attention 16 × 6 × 128 × 128", [12288, 128]],
  ["MLP: classes 128 × 10", [128, 10]],
  ["SmolLM2 decode: vocabulary 1 × 49152", [1, 49152]],
];

const SHAPES = {
  matmul: [
    linear("MLP: layer 1", 128, 784, 512),
    linear("MLP: layer 2", 128, 512, 256),
    linear("MiniLM: q, k, v", 1024, 384, 384),
    linear("MiniLM: up", 1024, 384, 1536),
    linear("MiniLM: down", 1024, 1536, 384),
    linear("MiniLM forward of one text of 16 tokens: up", 16, 384, 1536),
    on(
      "MiniLM: attention scores",
      [
        [192, 64, 32],
        [192, 64, 32],
      ],
      { transposeA: false, transposeB: true },
    ),
    linear("GPT: up", 2048, 192, 768),
    on(
      "CNN: second convolution as a product",
      [
        [36864, 288],
        [288, 64],
      ],
      nn,
    ),
    cold(linear("SmolLM2 decode: up, cold", 1, 576, 1536)),
    cold(linear("SmolLM2 decode: down, cold", 1, 1536, 576)),
    linear("4-64-32-1: layer 2", 32, 64, 32),
  ],
  linearQuantized: [
    ...["f16", "q8_0", "q4_0", "q4_1"].map((format) => cold(quantized(`SmolLM2 decode: up in ${format}, cold`, 1, 576, 1536, format))),
    ...["f16", "q4_1"].map((format) => quantized(`SmolLM2 prompt of 128 tokens: up in ${format}`, 128, 576, 1536, format)),
  ],
  linearInt8: [
    ...["int8", "q8_0", "q4_0", "q4_1"].map((format) => cold(integer(`SmolLM2 decode: up in ${format}, cold`, 1, 576, 1536, format))),
    ...["int8", "q4_1"].map((format) => integer(`SmolLM2 prompt of 128 tokens: up in ${format}`, 128, 576, 1536, format)),
    integer("MiniLM: up in int8", 1024, 384, 1536, "int8"),
  ],
  matmulPanels: [
    on("SmolLM2, 4 × 128 tokens: gradient of up in q4_1", [[512, 1536], { make: () => panelsCase("q4_1", 1536, 576) }], {
      format: "q4_1",
      rows: 1536,
      columns: 576,
    }),
  ],
  softmax: ROWS.map(([network, shape]) => on(network, [shape])),
  logSoftmax: ROWS.map(([network, shape]) => on(network, [shape])),
  crossEntropy: [
    on("MLP: 128 × 10", [[128, 10], labels(128, 10)], { ignoreIndex: -100, smoothing: 0 }),
    on("Banking77: 16 × 77", [[16, 77], labels(16, 77)], { ignoreIndex: -100, smoothing: 0 }),
    on("GPT: 2048 × 4096", [[2048, 4096], labels(2048, 4096)], { ignoreIndex: -100, smoothing: 0 }),
  ],
  sum: [
    on("MLP: bias gradient of 128 × 512", [[128, 512]], { axes: [0], keepDims: false }),
    on("MiniLM: bias gradient of 1024 × 1536", [[1024, 1536]], { axes: [0], keepDims: false }),
    on("MiniLM: rows of 1024 × 384", [[1024, 384]], { axes: [1], keepDims: false }),
    on("all of 2048 × 768", [[2048, 768]], { axes: [0, 1], keepDims: false }),
  ],
  mean: [
    on("MiniLM: rows of 1024 × 384", [[1024, 384]], { axes: [1], keepDims: true }),
    on("loss over 128 × 10", [[128, 10]], { axes: [0, 1], keepDims: false }),
  ],
  layerNorm: [
    on("MiniLM: 1024 × 384", [[1024, 384], [384], [384]], norm(true, true, false)),
    on("GPT: 2048 × 192", [[2048, 192], [192], [192]], norm(true, true, false)),
  ],
  addLayerNorm: [
    on("MiniLM: 1024 × 384", [[1024, 384], [1024, 384], [384], [384]], norm(true, true, true)),
    on("GPT: 2048 × 192", [[2048, 192], [2048, 192], [192], [192]], norm(true, true, true)),
  ],
  addBatchNorm: [
    on("CNN: second stage, 64 images", [[64, 64, 14, 14], [64, 64, 14, 14], [64], [64]], channelNorm(true)),
    on("CNN: dense layer, 64 rows of 128", [[64, 128], [64, 128], [128], [128]], channelNorm(true)),
  ],
  addGroupNorm: [
    on("CNN: second stage, 64 images in 8 groups", [[64, 64, 14, 14], [64, 64, 14, 14], [64], [64]], { ...channelNorm(true), groups: 8 }),
  ],
  batchNorm: [
    on("CNN: second stage, 64 images", [[64, 64, 14, 14], [64], [64]], channelNorm(false)),
    on("CNN: dense layer, 64 rows of 128", [[64, 128], [128], [128]], channelNorm(false)),
  ],
  groupNorm: [on("CNN: second stage, 64 images in 8 groups", [[64, 64, 14, 14], [64], [64]], { ...channelNorm(false), groups: 8 })],
  rmsNorm: [
    on("SmolLM2 prompt of 128 tokens: 128 × 576", [[128, 576], [576]], norm(true, false, false)),
    on("SmolLM2 decode: 1 × 576", [[1, 576], [576]], norm(true, false, false)),
  ],
  attention: [
    attend("MiniLM: 16 × 64 tokens, 12 heads of 32", [16, 64, 12], [64, 12], 32, "none"),
    attend("GPT: 16 × 128 tokens, 6 heads of 32, causal", [16, 128, 6], [128, 6], 32, "topLeft"),
    attend("SmolLM2 decode: 1 token, 9 heads of 64 over 512 keys in 3", [1, 1, 9], [512, 3], 64, "none"),
  ],
  conv2d: [
    convolve("CNN: first stage, 64 images", [64, 1, 28, 28], [32, 1, 3, 3], 1),
    convolve("CNN: second stage, 64 images", [64, 32, 14, 14], [64, 32, 3, 3], 1),
    convolve("CNN: second stage, one image", [1, 32, 14, 14], [64, 32, 3, 3], 1),
    convolve("MobileNet: depthwise 3 × 3 of 64 channels, 8 images", [8, 64, 56, 56], [64, 1, 3, 3], 1, 64),
  ],
  maxPool2d: [on("CNN: first stage, 64 images", [[64, 32, 28, 28]], pool), on("CNN: second stage, 64 images", [[64, 64, 14, 14]], pool)],
  avgPool2d: [on("64 × 32 × 28 × 28", [[64, 32, 28, 28]], pool)],
  take: [
    on("MiniLM: 1024 tokens of 30,522", [[30522, 384], labels(1024, 30522)], { axis: 0, padding: -1 }),
    on("GPT: 2048 tokens of 4096", [[4096, 192], labels(2048, 4096)], { axis: 0, padding: -1 }),
    on("SmolLM2 decode: 1 token of 49,152", [[49152, 576], labels(1, 49152)], { axis: 0, padding: -1 }),
  ],
};

/** Optimisers by the name of their function, each with the options that change its path through the kernel. */
export const optimizers = [
  ["sgd", {}],
  ["sgd", { momentum: 0.9, nesterov: true }],
  ["adam", {}],
  ["adam", { amsgrad: true, weightDecay: 0.1 }],
  ["adamw", {}],
  ["rmsprop", {}],
  ["rmsprop", { momentum: 0.9, centered: true }],
  ["adagrad", {}],
  ["lion", {}],
  ["lamb", {}],
  ["adadelta", {}],
  ["adamax", {}],
  ["nadam", {}],
  ["radam", {}],
  ["adafactor", {}],
  ["muon", {}],
];

export function hasShapes(op) {
  return Object.hasOwn(SHAPES, op.name);
}

/** Cases of real networks for an op. */
export function shapesOf(op) {
  const own = SHAPES[op.name];
  if (own !== undefined) return own;
  const cases = op.cases();
  if (op.lowering.kind === "elementwise") {
    const form = cases.find(({ inputs }) => inputs.length > 0)?.inputs ?? [];
    return ELEMENTWISE.map(([network, shape]) =>
      on(
        network,
        form.map(({ range, dtype, frozen }) => ({ shape, ...(range && { range }), ...(dtype && { dtype }), ...(frozen && { frozen }) })),
      ),
    );
  }
  const size = ({ inputs }) => inputs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return [...cases]
    .sort((a, b) => size(b) - size(a))
    .slice(0, 2)
    .map(({ name, inputs, attrs }) => ({ network: `generated case ${name}`, inputs, attrs }));
}
