/** f16 in WGSL: the device's own conversion is used where it has one that is seen to be exact, and nowhere else. */
import { librariesOf, type ShaderSource, shipped } from "@tetrad/kernels-wgsl";
import { expect, test } from "vitest";
import { widensHalves } from "../../packages/engine/src/backends/webgpu/half.js";
import { openWebGpu } from "../support/backends.js";

const stored = "//! use stored_weights\n";

test("the variant takes the place of whole-number arithmetic, and only of that", () => {
  const names = (...variants: Parameters<typeof librariesOf>[2] & {}) => librariesOf([stored], shipped, variants).map(({ name }) => name);
  expect(names()).toEqual(["bytes", "exact_half", "half", "stored_weights"]);
  expect(names("packed", "f16")).toEqual(["bytes", "half_f16", "stored_weights"]);
});

test("a device takes it where the adapter has shader-f16 and no f16 comes out wrong", async () => {
  const { gpu } = await openWebGpu();
  // Without the feature this is whole-number arithmetic against itself.
  const exact = await widensHalves(gpu);
  expect(gpu.variants.includes("f16")).toBe(gpu.adapter.features.has("shader-f16") && exact);
  if (!gpu.variants.includes("f16")) expect(exact).toBe(true);
  // A conversion that takes subnormals for zero is caught on any device.
  const flushing: ShaderSource = {
    load: shipped.load,
    snippet: (name) =>
      /^half/.test(name)
        ? "fn widen_halves(word: u32) -> vec2<f32> { return select(unpack2x16float(word), vec2<f32>(0.0), (vec2<u32>(word, word >> 16u) & vec2<u32>(0x7c00u)) == vec2<u32>(0u)); }"
        : shipped.snippet(name),
  };
  const { shaders } = gpu;
  gpu.shaders = flushing;
  try {
    expect(await widensHalves(gpu)).toBe(false);
  } finally {
    gpu.shaders = shaders;
  }
});
