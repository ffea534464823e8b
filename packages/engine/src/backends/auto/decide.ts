/** Which backend a plan runs on: predicted from what its launches cost and what each device was measured to do. Pure arithmetic, so that tests can put any device in. */

import type { Machine } from "../../explain.js";
import type { Launch } from "../../plan/plan.js";

/** What a device does, as far as a prediction needs it. */
export interface Rates {
  readonly name: string;
  /** Of matrix products and what is like them. */
  readonly gemmFlopsPerSecond: number;
  /** Of everything else. */
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly secondsPerLaunch: number;
  /** What a step costs before its first launch and after its last. */
  readonly secondsPerStep: number;
}

export type Cost = Pick<Launch, "kernel" | "flops" | "bytes" | "body" | "scalars">;

/** Kernels whose arithmetic runs at the rate of a matrix product. */
const PRODUCTS = /^(gemm|conv2d|attention|linear_cross_entropy)/;

/** Predictions whose ratio is below this are no decision: the two are timed. */
export const CLOSE = 3;

/** Below this many seconds on the CPU no GPU is asked: writing inputs, a submit and the wait for a result take as long on any. */
export const NEVER_WORTH = 3e-4;

export function predict(launches: readonly Cost[], rates: Rates): number {
  return rates.secondsPerStep + launches.reduce((sum, launch) => sum + secondsOf(launch, rates), 0);
}

function secondsOf({ kernel, flops, bytes, body, scalars }: Cost, rates: Rates): number {
  const rate = PRODUCTS.test(kernel) ? rates.gemmFlopsPerSecond : rates.flopsPerSecond;
  const work = Math.max(flops / rate, bytes / rates.bytesPerSecond);
  // A loop pays for each launch of each turn.
  const launches = body === undefined ? 1 : body.launches.length * (scalars[1] as number);
  return Math.max(work, rates.secondsPerLaunch) + (launches - 1) * rates.secondsPerLaunch;
}

export interface Candidate {
  readonly name: string;
  readonly seconds: number;
}

export interface Decision {
  readonly name: string;
  /** Whether the prediction is too close to be believed. */
  readonly close: boolean;
}

/** The faster of two; the first where they are equal. */
export function decide(first: Candidate, second: Candidate): Decision {
  const [fast, slow] = second.seconds < first.seconds ? [second, first] : [first, second];
  return { name: fast.name, close: slow.seconds < CLOSE * fast.seconds };
}

/** `wasm relaxed-simd ×2: 14 µs/step (webgpu predicted 900 µs)` */
export function describeDecision(chosen: string, seconds: number, how: string, other: string | undefined): string {
  return `${chosen}: ${how} ${formatSeconds(seconds)} a step${other === undefined ? "" : ` (${other})`}`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(3)} µs`;
  return seconds < 1 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}

/** The side of a square matrix product, alone in its plan and among powers of two from 16 to 8192, from which on the second device is faster. */
export function crossing(first: Rates, second: Rates): number | undefined {
  for (let n = 16; n <= 8192; n *= 2) if (predict([product(n)], second) < predict([product(n)], first)) return n;
  return undefined;
}

/** A product of two n × n matrices in f32. */
export function product(n: number): Cost {
  return { kernel: "gemm_f32", flops: 2 * n ** 3, bytes: 12 * n * n, scalars: [] };
}

/** Threads share the cores well in products and the memory hardly at all. */
export function wasmRates({ flopsPerSecond, bytesPerSecond }: Machine, threads: number): Rates {
  const shared = 1 + 0.85 * (threads - 1);
  return {
    name: "wasm",
    gemmFlopsPerSecond: 0.85 * flopsPerSecond * shared,
    flopsPerSecond: 0.4 * flopsPerSecond * shared,
    bytesPerSecond: bytesPerSecond * Math.min(shared, 1.5),
    secondsPerLaunch: threads > 1 ? 1e-6 : 2e-7,
    secondsPerStep: 0,
  };
}
