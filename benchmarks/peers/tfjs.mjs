// TensorFlow.js on its fastest backend without a GPU: wasm with SIMD. It has no threads in Node.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { local } from "../lib/measure.mjs";

export async function open() {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
  if (!(await tf.setBackend("wasm"))) throw new Error("its wasm backend does not start");
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  return { name: "tfjs wasm", describe: `TensorFlow.js ${tf.version.tfjs}, wasm backend, SIMD ${simd}, 1 thread`, tasks: { gemm, mlp } };
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

/** Result: the losses of the first steps. */
function mlp({ sizes, activation, rows, weights, batches, lr, agreed }) {
  const layers = sizes
    .slice(1)
    .map((units, i) => tf.layers.dense({ units, inputShape: [sizes[i]], activation: i + 2 === sizes.length ? "linear" : activation }));
  const model = tf.sequential({ layers });
  // Its kernels are (in, out), PyTorch's (out, in).
  layers.forEach((layer, i) => {
    const kernel = tf.tensor2d(weights[`layers.${i}.weight`], [sizes[i + 1], sizes[i]]).transpose();
    layer.setWeights([kernel, tf.tensor1d(weights[`layers.${i}.bias`])]);
  });
  model.compile({ optimizer: tf.train.adam(lr, 0.9, 0.999, 1e-8), loss: "meanSquaredError" });
  const tensors = batches.map(({ x, y }) => ({ x: tf.tensor2d(x, [rows, sizes[0]]), y: tf.tensor2d(y, [rows, sizes.at(-1)]) }));
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
