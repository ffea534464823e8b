// jax-js on its WebGPU backend, over Dawn.
import { defaultDevice, init } from "@jax-js/jax";
import { lazily, openNavigatorGpu } from "./gpu.mjs";
import { version } from "./jax.mjs";
import { attention, gelu, gemm, gpt, layerNorm, mlp, softmax } from "./jax-tasks.mjs";

async function start() {
  openNavigatorGpu();
  const devices = await init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("its WebGPU backend does not start");
  defaultDevice("webgpu");
  return { gemm: (problem) => gemm(problem, { read: true }), softmax, gelu, layerNorm, attention, mlp, gpt };
}

export async function open() {
  return {
    describe: `jax-js ${version()}, WebGPU backend`,
    tasks: lazily(start),
  };
}
