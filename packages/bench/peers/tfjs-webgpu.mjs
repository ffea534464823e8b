// TensorFlow.js on its WebGPU backend, over Dawn.
import * as tf from "@tensorflow/tfjs";
import { lazily, openNavigatorGpu } from "./gpu.mjs";
import { tasks } from "./tfjs-tasks.mjs";

async function start() {
  openNavigatorGpu();
  await import("@tensorflow/tfjs-backend-webgpu"); // it registers itself where it finds navigator.gpu
  if (!(await tf.setBackend("webgpu"))) throw new Error("its WebGPU backend does not start");
  return tasks(true);
}

export async function open() {
  return {
    describe: `TensorFlow.js ${tf.version.tfjs}, WebGPU backend`,
    tasks: lazily(start),
  };
}
