// TensorFlow.js on its fastest backend without a GPU: wasm with SIMD. It has no threads in Node.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { local } from "../dist/measure/contender.js";

export async function open() {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
  if (!(await tf.setBackend("wasm"))) throw new Error("its wasm backend does not start");
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  return { describe: `TensorFlow.js ${tf.version.tfjs}, wasm backend, SIMD ${simd}, 1 thread`, tasks: { gemm, mlp, cnn } };
}

function gemm({ m, n, k, dtype, a, b }) {
  if (dtype !== "f32") return undefined;
  const [left, right] = [tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])];
  return {
    // The backend computes before matMul returns; only reading would copy.
    sample: local(() => tf.matMul(left, right).dispose()),
    async result() {
      const product = tf.matMul(left, right);
      const data = await product.data();
      product.dispose();
      return data;
    },
    close: () => tf.dispose([left, right]),
  };
}

function mlp({ sizes, activation, rows, weights, batches, lr, agreed }) {
  const layers = sizes
    .slice(1)
    .map((units, i) => tf.layers.dense({ units, inputShape: [sizes[i]], activation: i + 2 === sizes.length ? "linear" : activation }));
  const model = tf.sequential({ layers });
  layers.forEach((layer, i) => setDense(layer, weights, `layers.${i}`, [sizes[i + 1], sizes[i]]));
  model.compile({ optimizer: adam(lr), loss: "meanSquaredError" });
  const tensors = batches.map(({ x, y }) => ({ x: tf.tensor2d(x, [rows, sizes[0]]), y: tf.tensor2d(y, [rows, sizes.at(-1)]) }));
  return steps(model, tensors, agreed);
}

function cnn({ rows, side, classes, weights, shapes, batches, lr, agreed }) {
  const conv = (filters, first) =>
    tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu", ...(first && { inputShape: [side, side, 1] }) });
  const pool = () => tf.layers.maxPooling2d({ poolSize: 2, strides: 2 });
  const [conv1, conv2, fc1, fc2] = [
    conv(32, true),
    conv(64),
    tf.layers.dense({ units: 128, activation: "relu" }),
    tf.layers.dense({ units: classes }),
  ];
  const model = tf.sequential({ layers: [conv1, pool(), conv2, pool(), tf.layers.flatten(), fc1, fc2] });
  for (const [layer, name] of [
    [conv1, "conv1"],
    [conv2, "conv2"],
  ]) {
    const kernel = tf.tensor4d(weights[`${name}.weight`], shapes[`${name}.weight`]).transpose([2, 3, 1, 0]); // (out, in, h, w) to (h, w, in, out)
    layer.setWeights([kernel, tf.tensor1d(weights[`${name}.bias`])]);
  }
  // Its pictures are (h, w, channels), so the columns of the first dense layer come in another order.
  const quarter = side / 4;
  const [hidden] = shapes["fc1.weight"];
  const reordered = tf
    .tensor4d(weights["fc1.weight"], [hidden, 64, quarter, quarter])
    .transpose([2, 3, 1, 0])
    .reshape([quarter * quarter * 64, hidden]);
  fc1.setWeights([reordered, tf.tensor1d(weights["fc1.bias"])]);
  setDense(fc2, weights, "fc2", shapes["fc2.weight"]);
  model.compile({ optimizer: adam(lr), loss: (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits) });
  const tensors = batches.map(({ x, y }) => ({
    x: tf.tensor4d(x, [rows, side, side, 1]), // one channel: the order is the same
    y: tf.oneHot(tf.tensor1d(y, "int32"), classes).toFloat(),
  }));
  return steps(model, tensors, agreed);
}

function adam(lr) {
  return tf.train.adam(lr, 0.9, 0.999, 1e-8);
}

/** Its kernels are (in, out), PyTorch's (out, in). */
function setDense(layer, weights, name, shape) {
  layer.setWeights([tf.tensor2d(weights[`${name}.weight`], shape).transpose(), tf.tensor1d(weights[`${name}.bias`])]);
}

/** Result: the losses of the first steps. */
function steps(model, tensors, agreed) {
  let step = 0;
  const call = () => {
    const { x, y } = tensors[step++ % tensors.length];
    return model.trainOnBatch(x, y);
  };
  return {
    sample: local(call),
    async result() {
      const losses = [];
      for (let i = 0; i < agreed; i++) losses.push(await call());
      return losses;
    },
    close() {
      model.dispose();
      tf.dispose(tensors);
    },
  };
}
