// Weights of a network trained with PyTorch, read from its safetensors file: scores of 100 digits against PyTorch's, and 99 of them right.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  add,
  conv2dLayer,
  createEngine,
  div,
  type FloatDType,
  flatten,
  linear,
  mul,
  openSafetensors,
  type ParamSpecs,
  readSafetensors,
  relu,
  reshape,
  sqrt,
  sub,
  type Tensor,
  within,
} from "@tetrad/engine";
import { expect, test } from "vitest";
import { largestError } from "../support/error.js";
import { describeShared } from "../support/shared.js";

/** Normalisation by running statistics, channels on axis 1, eps as PyTorch's default. */
function batchNorm(x: Tensor, params: Readonly<Record<string, Tensor>>): Tensor {
  const channel = (name: string) => {
    const values = params[name] as Tensor;
    return reshape(values, [values.size, ...new Array<number>(x.rank - 2).fill(1)]);
  };
  const scale = div(channel("weight"), sqrt(add(channel("running_var"), 1e-5)));
  return add(mul(sub(x, channel("running_mean")), scale), channel("bias"));
}

const convolutions = { conv1: conv2dLayer(1, 8, 3), conv2: conv2dLayer(8, 16, 3), conv3: conv2dLayer(16, 24, 3) };

function scores(params: Readonly<Record<string, Tensor>>, images: Tensor): Tensor {
  let h = images;
  for (const [name, layer] of Object.entries(convolutions)) h = relu(layer.apply(within(params, name), h, { training: false }));
  h = flatten(batchNorm(h, within(params, "norm1")), 1);
  h = relu(linear(h, params["fc1.weight"] as Tensor, params["fc1.bias"]));
  return batchNorm(linear(h, params["fc2.weight"] as Tensor, params["fc2.bias"]), within(params, "norm2"));
}

describeShared("a network trained elsewhere", "data/weights-mnist-burn", (folder) => {
  const golden = readSafetensors(readFileSync(new URL("../goldens/mnist-cnn/digits.safetensors", import.meta.url)), "digits.safetensors");
  const read = (name: string) => golden.tensors.get(name)?.data as Uint8Array | Int32Array | Float64Array;

  test.each([
    ["baseline", "f32"],
    ["relaxed", "f32"],
    ["relaxed", "f64"],
  ] as const)("%s %s", async (build, dtype: FloatDType) => {
    await using engine = await createEngine({ build });
    const weights = openSafetensors(readFileSync(join(folder, "mnist.safetensors")), "mnist.safetensors");
    // Counts of batches are i64 scalars that only training reads.
    const names = [...weights.entries.keys()].filter((name) => !name.endsWith("num_batches_tracked"));
    const specs: ParamSpecs = Object.fromEntries(names.map((name) => [name, [...weights.read(name).shape]]));
    for (const [name, { params }] of Object.entries(convolutions))
      expect(specs[`${name}.weight`]).toEqual((params["weight"] as { shape: readonly number[] }).shape);
    const store = engine.store(specs, { dtype });
    for (const name of names) store.set(name, weights.read(name).data as Float32Array);
    const program = await engine.compileWith(store, { x: { shape: [100, 1, 28, 28], dtype } }, (params, { x }) =>
      scores(params, x as Tensor),
    );
    const x = Float32Array.from(read("images"), (pixel) => (pixel / 255 - 0.1307) / 0.3081);
    const { output } = await program.call({ x });
    const got = output as Float32Array | Float64Array;
    // fc1 adds 11,616 products one after the other; their roundings walk √11,616 steps of half an epsilon. (PyTorch adds in parts: 2.6e-7.)
    const allowed = dtype === "f32" ? Math.sqrt(11_616) * 2 ** -24 : 1e-12;
    expect(largestError(got, read("scores"))).toBeLessThan(allowed);
    const right = [...read("labels")].filter((label, i) => {
      const row = got.subarray(10 * i, 10 * i + 10);
      return row.indexOf(Math.max(...row)) === label;
    });
    expect(right.length).toBe(Number(golden.metadata["right"]));
    program.close();
  });
});
