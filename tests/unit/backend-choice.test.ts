/** Where plans run: the table of decisions for simulated devices, and the line that explains one. */
import { describe, expect, test } from "vitest";
import {
  type Cost,
  crossing,
  decide,
  describeDecision,
  predict,
  product,
  type Rates,
  wasmRates,
} from "../../packages/engine/src/backends/auto/decide.js";

const machine = { flopsPerSecond: 50e9, bytesPerSecond: 10e9, describe: "" };
const cpu = wasmRates(machine, 2);
const device = (name: string, gemm: number, other: number, bytes: number, launch: number, submit: number): Rates => ({
  name,
  gemmFlopsPerSecond: gemm,
  flopsPerSecond: other,
  bytesPerSecond: bytes,
  secondsPerLaunch: launch,
  secondsPerStep: submit,
});
const swiftshader = device("SwiftShader", 0.8e9, 6e9, 0.8e9, 20e-6, 100e-6);
const laptop = device("integrated GPU", 300e9, 800e9, 40e9, 6e-6, 200e-6);
const card = device("graphics card", 8e12, 2e13, 8e11, 4e-6, 120e-6);

const launch = (kernel: string, flops: number, bytes: number): Cost => ({ kernel, flops, bytes, scalars: [] });
/** A 4-64-32-1 network on 32 rows: thirty launches of next to nothing. */
const small = Array.from({ length: 30 }, () => launch("gemm_f32", 15e3, 8e3));
/** Six layers, 384 wide, 1024 tokens, forwards and backwards. */
const bert = [
  ...Array.from({ length: 108 }, () => launch("gemm_f32", 2 * 1024 * 384 * 1152, 4 * (1024 * 384 + 1024 * 1152))),
  ...Array.from({ length: 60 }, () => launch("ew_f32", 20 * 1024 * 1536, 8 * 1024 * 1536)),
];
/** Moving data, no arithmetic to speak of. */
const copies = Array.from({ length: 20 }, () => launch("ew_f32", 1e6, 64e6));

describe.each([
  ["small network", small, "wasm", "wasm", "wasm"],
  ["BERT step", bert, "wasm", "integrated GPU", "graphics card"],
  ["copies", copies, "wasm", "integrated GPU", "graphics card"],
] as const)("%s", (_, plan, ...expected) => {
  test.each([swiftshader, laptop, card].map((rates, i) => [rates.name, rates, expected[i] as string] as const))(
    "against %s",
    (_name, rates, winner) => {
      const seconds = (own: Rates) => ({ name: own.name, seconds: predict(plan, own) });
      expect(decide(seconds(cpu), seconds(rates)).name).toBe(winner);
    },
  );
});

test("a software adapter loses by its own figures, without anybody saying what it is", () => {
  for (const plan of [small, bert, copies]) expect(predict(plan, swiftshader)).toBeGreaterThan(3 * predict(plan, cpu));
});

test("predictions within a factor of three are to be timed", () => {
  expect(decide({ name: "a", seconds: 1 }, { name: "b", seconds: 2.9 })).toEqual({ name: "a", close: true });
  expect(decide({ name: "a", seconds: 3.1 }, { name: "b", seconds: 1 })).toEqual({ name: "b", close: false });
  expect(decide({ name: "a", seconds: 1 }, { name: "b", seconds: 1 }).name).toBe("a");
});

test("a loop pays for the launches of each turn", () => {
  const body = { launches: Array.from({ length: 10 }) } as unknown as NonNullable<Cost["body"]>;
  const loop: Cost = { kernel: "loop", flops: 0, bytes: 0, body, scalars: [10, 100, 0] };
  expect(predict([loop], card) - card.secondsPerStep).toBeCloseTo(1000 * card.secondsPerLaunch, 9);
});

test("the crossing point: where a product is faster on the GPU", () => {
  expect(crossing(cpu, swiftshader)).toBeUndefined();
  expect(crossing(cpu, card)).toBe(256);
  expect(predict([product(128)], card)).toBeGreaterThan(predict([product(128)], cpu));
});

test("one line says it", () => {
  expect(describeDecision("wasm relaxed-simd ×2", 14e-6, "predicted", "webgpu predicted 900 µs")).toBe(
    "wasm relaxed-simd ×2: predicted 14.0 µs a step (webgpu predicted 900 µs)",
  );
});
