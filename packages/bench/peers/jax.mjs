// jax-js on its wasm backend; it takes as many threads as it likes.
import { readFileSync } from "node:fs";
import { defaultDevice, init } from "@jax-js/jax";
import { gemm } from "./jax-tasks.mjs";

export async function open() {
  await init("wasm");
  defaultDevice("wasm");
  return { describe: `jax-js ${version()}, wasm backend`, tasks: { gemm } };
}

export function version() {
  return JSON.parse(readFileSync(new URL("./node_modules/@jax-js/jax/package.json", import.meta.url), "utf8")).version;
}
