// TensorFlow.js on its fastest backend without a GPU: wasm with SIMD. It has no threads in Node.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { tasks } from "./tfjs-tasks.mjs";

export async function open() {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
  if (!(await tf.setBackend("wasm"))) throw new Error("its wasm backend does not start");
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const { gemm, mlp, cnn } = tasks(false);
  return { describe: `TensorFlow.js ${tf.version.tfjs}, wasm backend, SIMD ${simd}, 1 thread`, tasks: { gemm, mlp, cnn } };
}
