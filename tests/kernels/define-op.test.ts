/** An op from outside: its own rule, reference and kernels, through the same door as the built-in ones. */

import {
  apply,
  checkGradient,
  createEngine,
  defineOp,
  type Engine,
  elementwise,
  foreignKernel,
  mul,
  sum,
  type Tensor,
  TetradError,
} from "@tetrad/engine";
import asc from "assemblyscript/asc";
import { afterAll, beforeAll, expect, test } from "vitest";

/** A strip function as an outside author writes it in AssemblyScript: no dependency on our sources. */
const SOURCE = `
export function acme_cube_f32(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  for (let i: usize = 0; i < (<usize>n << 2); i += 16) { const x = v128.load(a + i); v128.store(dst + i, f32x4.mul(x, f32x4.mul(x, x))); }
}
export function acme_cube_f64(dst: usize, a: usize, b: usize, c: usize, n: i32, index: u32, imm: usize): void {
  for (let i: usize = 0; i < (<usize>n << 3); i += 16) { const x = v128.load(a + i); v128.store(dst + i, f64x2.mul(x, f64x2.mul(x, x))); }
}`;

async function compileKernel(): Promise<BufferSource> {
  let wasm: Uint8Array | undefined;
  const args = [
    "acme.ts",
    "-o",
    "acme.wasm",
    "-O3",
    "--runtime",
    "stub",
    "--noAssert",
    "--use",
    "abort=",
    "--importMemory",
    "--sharedMemory",
    "--initialMemory",
    "1",
    "--maximumMemory",
    "65536",
    "--importTable",
    "--enable",
    "simd,threads",
  ];
  const { error } = await asc.main(args, {
    readFile: (name) => (name === "acme.ts" ? SOURCE : null),
    writeFile: (_name, data) => {
      if (typeof data !== "string") wasm = data;
    },
  });
  if (error !== null || wasm === undefined) throw error ?? new Error("no module was written");
  return wasm as Uint8Array<ArrayBuffer>;
}

const cubeOp = defineOp(
  elementwise({
    name: "acmeCube",
    arity: 1,
    strip: foreignKernel("acme_cube"),
    reference:
      () =>
      (x = 0) =>
        x ** 3,
    gradient: ({ inputs: [x], dy }) => [mul(dy, mul(3, mul(x as Tensor, x as Tensor)))],
    defaults: {},
  }),
);
const cube = (x: Tensor) => apply(cubeOp, [x], {});

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
  await engine.defineKernels("acme", await compileKernel());
});
afterAll(() => engine.close());

test.each(["f32", "f64"] as const)("runs fused with our ops in %s", async (dtype) => {
  const data = dtype === "f32" ? Float32Array.of(-2, -0.5, 0, 1.5, 3) : Float64Array.of(-2, -0.5, 0, 1.5, 3);
  const { data: got } = await engine.run(({ x }) => mul(cube(x as Tensor), 2), { x: { data, shape: [5] } });
  expect([...got]).toEqual([-16, -0.25, 0, 6.75, 54]);
});

test("its gradient is checked like that of any other", async () => {
  await checkGradient((x: Tensor) => sum(cube(x)), [[-2, -0.5, 0.25, 1.5]]);
});

test("a name that is taken is refused", async () => {
  await expect(compileKernel().then((bytes) => engine.defineKernels("acme again", bytes))).rejects.toThrow(TetradError);
});
