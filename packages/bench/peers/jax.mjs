// jax-js on its wasm backend, jitted; it takes as many threads as it likes.
import { readFileSync } from "node:fs";
import { defaultDevice, init, jit, numpy } from "@jax-js/jax";
import { local } from "../dist/measure/contender.js";

export async function open() {
  await init("wasm");
  defaultDevice("wasm");
  const { version } = JSON.parse(readFileSync(new URL("./node_modules/@jax-js/jax/package.json", import.meta.url), "utf8"));
  return { describe: `jax-js ${version}, wasm backend`, tasks: { gemm } };
}

function gemm({ m, n, k, dtype, a, b }) {
  if (dtype !== "f32") return undefined;
  const multiply = jit((x, y) => numpy.matmul(x, y));
  const [left, right] = [numpy.array(a, { shape: [m, k] }), numpy.array(b, { shape: [k, n] })];
  return {
    sample: local(async () => {
      const product = multiply(left.ref, right.ref);
      await product.blockUntilReady();
      product.dispose();
    }),
    result: () => multiply(left.ref, right.ref).data(),
    close() {
      left.dispose();
      right.dispose();
    },
  };
}
