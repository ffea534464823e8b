// Every op that Tetrad means to have, by group: the rows of docs/ops.md. A name that no export answers to shows there as a hole. Where one of
// several names would do, they are separated by `|`; the first is what the page prints while none exists.
/** @type {Readonly<Record<string, string>>} */
export const groups = {
  Arithmetic: "add sub mul div neg reciprocal pow square sqrt rsqrt abs sign floor ceil round clamp minimum maximum cast",
  "Exponential and trigonometric":
    "exp log log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc lgamma digamma",
  "Comparison and logic": "equal notEqual less lessEqual greater greaterEqual where logicalAnd logicalOr logicalNot isNaN",
  Activations: "relu leakyRelu elu gelu silu sigmoid softplus mish",
  Reductions: "sum mean var|variance prod min max argmin argmax logSumExp cumsum",
  "Matrix products": "matmul linear einsum linearInt8 linearQuantized matmulPanels dequantize dequantizePanels",
  "Shape and index": "reshape transpose broadcastTo concat slice pad gather scatterAdd take scatterRows indexCopy oneHot arange diag",
  "Softmax and losses": "softmax logSoftmax crossEntropy linearCrossEntropy bceWithLogits mse l1 huber klDiv",
  Normalisation: "layerNorm rmsNorm batchNorm groupNorm addLayerNorm addRmsNorm addGroupNorm|groupNormAdd addBatchNorm|batchNormAdd",
  "Attention and embedding": "attention scaledDotProductAttention rope embedding",
  Convolution:
    "conv1d conv2d convTranspose1d convTranspose2d maxPool1d maxPool2d avgPool1d avgPool2d globalAvgPool2d|globalAvgPool globalMaxPool2d|globalMaxPool",
  Recurrent: "gru lstm",
  "Sorting and Fourier": "sort topK searchSorted fft ifft rfft irfft",
  "Linear algebra": "cholesky triangularSolve solve inverse logdet slogdet qr eigh",
  Random: "dropout uniform normal",
  "Graph constructs": "assign scan checkpoint customGradient stopGradient",
};
